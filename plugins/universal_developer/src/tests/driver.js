// Runs many programs in one process: a JSON list of texts in, a JSON list of what they print out.
const run = (code) => {
  const lines = [];
  const print = { log: (...values) => lines.push(values.join(" ")) };
  try {
    new Function("require", "console", code)(require, print);
  } catch (error) {
    lines.push(String(error.stack));
  }
  return lines.join("\n");
};

const programs = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(programs.map(run)));
