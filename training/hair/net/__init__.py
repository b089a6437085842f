"""The hair network of `models/hair_net.onnx`: views, training, export, measurement."""
