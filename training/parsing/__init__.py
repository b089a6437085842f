"""How models/cameo_parsing.onnx is made: teachers' labels, distillation, figures."""
