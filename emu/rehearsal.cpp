#include "emu/rehearsal.h"

namespace emu {

void Rehearsal::moved(bool passed) {
  BreakpointSet& breakpoints = audience_.breakpoints ? *audience_.breakpoints : board_.breakpoints;
  breakpoints.moved(board_.processor, passed);
}

}  // namespace emu
