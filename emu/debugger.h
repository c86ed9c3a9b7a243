// Running a machine under a person's hand: breakpoints that can be switched off and count their
// hits, steps into, over and out, a run to a place. Works between slices, like everything that
// changes a machine; the guest cannot tell, its time is a count of instructions. With a history
// (history.h) it goes back as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emu/disassembler.h"
#include "emu/history.h"
#include "emu/machine.h"

namespace emu {

class Debugger {
 public:
  struct Point {
    unsigned number = 0;  // the person's
    std::string text;     // as parse_breakpoint() takes it
    Breakpoint breakpoint;
    bool enabled = true;
    std::uint64_t hits = 0;
    unsigned id = 0;  // the machine's, while enabled
  };

  explicit Debugger(Machine& machine) : machine_(machine) {}
  ~Debugger();
  Debugger(const Debugger&) = delete;
  Debugger& operator=(const Debugger&) = delete;

  // Throws UsageError.
  unsigned add(std::string_view text);
  void remove(unsigned number);
  void enable(unsigned number, bool on);
  const std::vector<Point>& points() const { return points_; }
  // The breakpoint on the instruction at a linear address; nullptr: none.
  const Point* at(std::uint32_t linear) const;

  // The instruction that comes next, at CS:EIP.
  Instruction next_instruction() const;
  std::uint32_t code_address() const;  // linear

  // One instruction, all rounds of a repeated one. In HLT: until something wakes the processor, at
  // most `limit` of guest time.
  StopReason step(devices::Nanoseconds limit);
  // What run_until() is to come to; the next stop ends it, whatever it was.
  void go_over();
  void go_out();
  void go_to(std::uint32_t linear);
  void cancel_goal();

  // As Machine::run_until(). `StopReason::breakpoint` also when the goal is reached.
  StopReason run_until(devices::Nanoseconds deadline);
  // Keeps a history from now on, or ends it: then the answer says which disk writes could not be
  // made, if any. Throws UsageError.
  std::string keep_history(bool on);
  const History* history() const { return history_ ? &*history_ : nullptr; }
  // The ways back; points count no hits on them. Throw UsageError when there is no history.
  History::Outcome step_back(const History::GoOn& go_on = {});
  // As if run_until() had just stopped there.
  History::Outcome back_to_breakpoint(const History::GoOn& go_on = {});
  History::Outcome go_to_time(devices::Nanoseconds time, const History::GoOn& go_on = {});

  // Of the last stop: which points, by number; reached: the goal.
  const std::vector<unsigned>& stopped_by() const { return stopped_by_; }
  bool reached_goal() const { return reached_; }

 private:
  enum class Goal : std::uint8_t { none, address, out };

  Point* find(unsigned number);
  std::uint32_t stack_pointer() const;
  StopReason run_out(devices::Nanoseconds deadline);
  History& past();
  bool account_hits();

  Machine& machine_;
  std::optional<History> history_;
  Disassembler disassembler_;
  std::vector<Point> points_;
  unsigned next_number_ = 1;
  Goal goal_ = Goal::none;
  unsigned goal_id_ = 0;                     // its breakpoint
  std::optional<std::uint32_t> goal_stack_;  // the goal counts only when SP is not below
  bool reached_ = false;
  std::vector<unsigned> stopped_by_;
};

}  // namespace emu
