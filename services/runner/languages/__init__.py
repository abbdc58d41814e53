"""The languages that a runner can offer: one small file each, gathered in `table`. Offered only when the toolchain is found."""
