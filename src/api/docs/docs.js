// Shows /docs in a browser, which cannot send a key by itself. The key is the dashboard's: kept for
// the session, in this tab.
const KEPT = "fame.key";
const form = document.getElementById("ask");
const problem = document.getElementById("problem");
const page = document.getElementById("page");

async function show(key) {
  const answer = await fetch("/docs", { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) {
    const told = await answer.json();
    problem.textContent = `${told.detail} ${told.hint}`;
    form.hidden = false;
    return;
  }
  sessionStorage.setItem(KEPT, key);
  const read = new DOMParser().parseFromString(await answer.text(), "text/html");
  page.replaceChildren(...read.body.childNodes);
  problem.textContent = "";
  form.hidden = true;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(document.getElementById("key").value.trim());
});

const kept = sessionStorage.getItem(KEPT);
if (kept) {
  show(kept);
} else {
  form.hidden = false;
}
