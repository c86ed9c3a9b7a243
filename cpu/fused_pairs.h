// Instructions executed by one handler: an operation and the conditional jump behind it, and a step
// of a loop in front of both.
#pragma once

#include <span>

#include "cpu/insn.h"

namespace cpu {

// `insns`: a run up to a conditional jump. Gives the instruction in front of the jump a handler
// that executes both, if there is one, and the one in front of that one for all three. Each keeps
// its place in the run, and the later ones a handler that begins with them: a run may have to leave
// in between.
void fuse(std::span<Insn> insns, CodeKind kind);

}  // namespace cpu
