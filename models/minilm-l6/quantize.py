"""Makes minilm-l6-q8.safetensors: the sentence model in 8 bits, with its tokenizer inside.

    python quantize.py WEIGHTS TOKENIZER OUT

WEIGHTS is all-MiniLM-L6-v2 as safetensors (f32 or f16), TOKENIZER its tokenizer.json.
Needs numpy and safetensors. The same input gives the same bytes.
"""

import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

# The model was tuned on sentences of at most so many tokens; later positions are of no use.
POSITIONS = 128


def quantize(matrix):
    """Rows of int8 and the scale of each row: row = int8 * scale, symmetric around 0."""
    scales = np.abs(matrix).max(axis=1) / 127
    scales[scales == 0] = 1
    return np.rint(matrix / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def main(weights, tokenizer, out):
    tensors = {}
    for name, tensor in load_file(weights).items():
        # The pooler belongs to another task; position ids are 0, 1, 2.
        if name.startswith("pooler.") or name.endswith("position_ids"):
            continue
        tensor = tensor.astype(np.float32)
        if name == "embeddings.position_embeddings.weight":
            tensor = tensor[:POSITIONS]
        if tensor.ndim == 2:
            tensors[name], tensors[f"{name}.scale"] = quantize(tensor)
        else:
            tensors[name] = tensor
    tensors["tokenizer.json"] = np.frombuffer(Path(tokenizer).read_bytes(), dtype=np.uint8)
    save_file(tensors, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
