"""all-MiniLM-L6-v2 as an ONNX graph without weights: a BERT encoder, mean pooling and L2 norm.

The graph is written once into a cache folder, because importing `onnx` costs every process 0.2 s and 14 MB;
the weights are handed to onnxruntime from the mapped model file when a session is opened.

Inputs: `words`, the word embeddings (texts, pieces, 384), looked up outside because onnxruntime would copy
the 47 MB table into every process; `mask` (texts, pieces), 1 for a piece and 0 for padding. Output:
`embedding` (texts, 384).
"""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lectern.tutor.errors import EmbeddingModelError

if TYPE_CHECKING:
    import onnx

#: Raise it whenever the graph changes: it is part of the cached file's name.
GRAPH_VERSION = 1

#: The tensor that stays outside of the graph.
WORD_TABLE = "embeddings.word_embeddings.weight"

# The model's config.json, whose checksum is checked.
LAYERS = 6
HEADS = 12
DIMENSIONS = 384
NORM_EPSILON = 1e-12

_DIGEST_BYTES = 32


def load_graph(cache_dir: Path, tensors: Mapping[str, NDArray[np.float32]]) -> bytes:
    """Return the serialised graph, from the cache folder or newly built; a damaged file there is replaced.

    The file is the SHA-256 of the graph followed by the graph. Several processes may do this at once. Raises
    `EmbeddingModelError` if the folder cannot be written.
    """
    path = cache_dir / f"all-MiniLM-L6-v2.graph-{GRAPH_VERSION}.bin"
    graph = _read_sealed(path)
    if graph is None:
        graph = build_graph(tensors)
        _write_sealed(path, graph)
    return graph


def build_graph(tensors: Mapping[str, NDArray[np.float32]]) -> bytes:
    """Build the graph for weights of these names and shapes and return it serialised (about 22 kB)."""
    graph: bytes = _GraphBuilder(tensors).build().SerializeToString()
    return graph


def graph_weights(tensors: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Return those of the model's tensors that the graph takes from outside."""
    return {
        name: tensor
        for name, tensor in tensors.items()
        if name.startswith(("embeddings.", "encoder.")) and name != WORD_TABLE
    }


class _GraphBuilder:
    """Collects nodes and weights; the methods below read from `build` downwards."""

    def __init__(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        import onnx

        self._onnx = onnx
        self._nodes: list[onnx.NodeProto] = []
        self._initializers = [
            self._external(name, tensor.shape) for name, tensor in graph_weights(tensors).items()
        ]

    def build(self) -> "onnx.ModelProto":
        mask = self._op("Cast", "mask", to=self._onnx.TensorProto.FLOAT)
        shape = self._op("Shape", "mask")
        hidden = self._embed()
        attention_bias = self._attention_bias(mask)
        for layer in range(LAYERS):
            hidden = self._layer(f"encoder.layer.{layer}", hidden, attention_bias, shape)
        self._pool(hidden, mask, shape)
        return self._model()

    def _embed(self) -> str:
        """Add position and token type (always 0) to the words; one row a piece: (texts * pieces, 384)."""
        zero, one = self._ints(0), self._ints(1)
        pieces = self._op("Shape", "mask", start=1, end=2)
        positions = self._op("Slice", "embeddings.position_embeddings.weight", zero, pieces, zero)
        token_type = self._op("Slice", "embeddings.token_type_embeddings.weight", zero, one, zero)
        summed = self._op("Add", "words", self._op("Add", positions, token_type))
        return self._op("Reshape", self._norm(summed, "embeddings.LayerNorm"), self._ints(-1, DIMENSIONS))

    def _attention_bias(self, mask: str) -> str:
        """0 where a piece is and -1e9 where padding is, shaped to spread over heads and asking pieces."""
        missing = self._op("Sub", self._float(1), mask)
        return self._op("Unsqueeze", self._op("Mul", missing, self._float(-1e9)), self._ints(1, 2))

    def _layer(self, name: str, hidden: str, attention_bias: str, shape: str) -> str:
        attended = self._attention(f"{name}.attention.self", hidden, attention_bias, shape)
        attended = self._linear(attended, f"{name}.attention.output.dense")
        hidden = self._norm(self._op("Add", attended, hidden), f"{name}.attention.output.LayerNorm")
        inner = self._op("Gelu", self._linear(hidden, f"{name}.intermediate.dense"))
        inner = self._linear(inner, f"{name}.output.dense")
        return self._norm(self._op("Add", inner, hidden), f"{name}.output.LayerNorm")

    def _attention(self, name: str, hidden: str, bias: str, shape: str) -> str:
        width = DIMENSIONS // HEADS
        split = self._op("Concat", shape, self._ints(HEADS, width), axis=0)

        def per_head(part: str, order: list[int]) -> str:
            rows = self._linear(hidden, f"{name}.{part}")
            return self._op("Transpose", self._op("Reshape", rows, split), perm=order)

        query, value = per_head("query", [0, 2, 1, 3]), per_head("value", [0, 2, 1, 3])
        key = per_head("key", [0, 2, 3, 1])
        scores = self._op("Div", self._op("MatMul", query, key), self._float(width**0.5))
        weights = self._op("Softmax", self._op("Add", scores, bias), axis=-1)
        joined = self._op("Transpose", self._op("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self._op("Reshape", joined, self._ints(-1, DIMENSIONS))

    def _pool(self, hidden: str, mask: str, shape: str) -> None:
        """Average the pieces that are no padding, then scale to length 1."""
        rows = self._op("Reshape", hidden, self._op("Concat", shape, self._ints(DIMENSIONS), axis=0))
        kept = self._op("Mul", rows, self._op("Unsqueeze", mask, self._ints(2)))
        total = self._op("ReduceSum", kept, self._ints(1), keepdims=0)
        mean = self._op("Div", total, self._op("ReduceSum", mask, self._ints(1), keepdims=1))
        length = self._op("Max", self._op("ReduceL2", mean, self._ints(1), keepdims=1), self._float(1e-12))
        self._op("Div", mean, length, output="embedding")

    def _norm(self, value: str, name: str) -> str:
        return self._op(
            "LayerNormalization", value, f"{name}.weight", f"{name}.bias", axis=-1, epsilon=NORM_EPSILON
        )

    def _linear(self, value: str, name: str) -> str:
        # Gemm takes the weights as the file has them (out, in): a MatMul would need a transposed copy.
        return self._op("Gemm", value, f"{name}.weight", f"{name}.bias", transB=1)

    def _op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def _ints(self, *values: int) -> str:
        return self._constant(np.array(values, dtype=np.int64))

    def _float(self, value: float) -> str:
        return self._constant(np.array([value], dtype=np.float32))

    def _constant(self, value: NDArray[np.int64] | NDArray[np.float32]) -> str:
        name = f"constant_{len(self._initializers)}"
        self._initializers.append(self._onnx.numpy_helper.from_array(value, name))
        return name

    def _external(self, name: str, shape: tuple[int, ...]) -> "onnx.TensorProto":
        tensor = self._onnx.TensorProto()
        tensor.name, tensor.data_type = name, self._onnx.TensorProto.FLOAT
        tensor.dims.extend(shape)
        tensor.data_location = self._onnx.TensorProto.EXTERNAL
        # ONNX wants a place; it is never looked at, since the session is given the tensor itself.
        place = tensor.external_data.add()
        place.key, place.value = "location", "given-to-the-session"
        return tensor

    def _model(self) -> "onnx.ModelProto":
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        inputs = [
            helper.make_tensor_value_info("words", kinds.FLOAT, ["texts", "pieces", DIMENSIONS]),
            helper.make_tensor_value_info("mask", kinds.INT64, ["texts", "pieces"]),
        ]
        outputs = [helper.make_tensor_value_info("embedding", kinds.FLOAT, ["texts", DIMENSIONS])]
        graph = helper.make_graph(self._nodes, "all-MiniLM-L6-v2", inputs, outputs, self._initializers)
        # Operator set 20 is the first with Gelu; IR 10 is the format version that goes with it.
        model: onnx.ModelProto = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10
        )
        return model


def _read_sealed(path: Path) -> bytes | None:
    """Return what follows the digest, or None if there is no file or the digest does not fit."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    seal, graph = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return graph if sha256(graph).digest() == seal else None


def _write_sealed(path: Path, graph: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
            file.write(sha256(graph).digest() + graph)
        # Whoever reads sees a whole file; of several writers the last one wins with the same content.
        os.replace(file.name, path)
    except OSError as exc:
        raise EmbeddingModelError(
            f"The embedding model's cache folder {path.parent} cannot be written: {exc.strerror}.",
            hint="Make it writable or name another one.",
            path=str(path.parent),
        ) from exc
