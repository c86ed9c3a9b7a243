// Pairs of instructions executed by one handler: an operation and the conditional jump behind it.
#pragma once

#include "cpu/insn.h"

namespace cpu {

// Gives `first` a handler that executes `jump` too, if there is one. `jump` keeps its own: a run
// may have to leave between the two.
void fuse(Insn& first, const Insn& jump, CodeKind kind);

}  // namespace cpu
