// While one of these lives, a machine runs through what it has been through already: nothing it
// sends leaves it, nothing is recorded or drawn, and breakpoints rest unless they are what one
// looks for. Afterwards everybody is back, and records end at the moment the machine is at then.
#pragma once

#include "emu/board.h"

namespace emu {

class Rehearsal {
 public:
  Rehearsal(Board& board, bool breakpoints_stop)
      : board_(board), audience_(board.dismiss_audience(!breakpoints_stop)) {}
  ~Rehearsal() { board_.seat_audience(std::move(audience_)); }
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;

  // The machine was brought to another moment; see BreakpointSet::moved().
  void moved(bool passed);

 private:
  Board& board_;
  Board::Audience audience_;
};

}  // namespace emu
