#include "emu/debugger.h"

#include <algorithm>
#include <cstdio>

#include "emu/run_options.h"
#include "emu/single_step.h"

namespace emu {

Debugger::~Debugger() {
  cancel_goal();
  for (const Point& point : points_) {
    if (point.id != 0) machine_.remove_breakpoint(point.id);
  }
}

unsigned Debugger::add(std::string_view text) {
  Point point;
  point.breakpoint = parse_breakpoint(text);
  point.text = text;
  point.number = next_number_++;
  point.id = machine_.add_breakpoint(point.breakpoint);
  points_.push_back(std::move(point));
  return points_.back().number;
}

Debugger::Point* Debugger::find(unsigned number) {
  const auto found = std::ranges::find(points_, number, &Point::number);
  return found == points_.end() ? nullptr : &*found;
}

void Debugger::remove(unsigned number) {
  enable(number, false);
  std::erase_if(points_, [&](const Point& point) { return point.number == number; });
}

void Debugger::enable(unsigned number, bool on) {
  Point* point = find(number);
  if (point == nullptr || point->enabled == on) return;
  point->enabled = on;
  if (on) {
    point->id = machine_.add_breakpoint(point->breakpoint);
  } else {
    machine_.remove_breakpoint(point->id);
    point->id = 0;
  }
}

const Debugger::Point* Debugger::at(std::uint32_t linear) const {
  const auto found = std::ranges::find_if(points_, [&](const Point& point) {
    return point.breakpoint.kind == Breakpoint::Kind::execute && point.breakpoint.first == linear;
  });
  return found == points_.end() ? nullptr : &*found;
}

std::uint32_t Debugger::code_address() const {
  return emu::code_address(machine_);
}

Instruction Debugger::next_instruction() const {
  return emu::next_instruction(machine_, disassembler_);
}

std::uint32_t Debugger::stack_pointer() const {
  const cpu::Registers registers = machine_.processor().registers();
  const std::uint32_t esp = registers.general[cpu::kEsp];
  return wide_stack(registers) ? esp : esp & 0xFFFF;
}

StopReason Debugger::step(devices::Nanoseconds limit) {
  reached_ = false;
  stopped_by_.clear();
  const StopReason stop =
      single_step(machine_, disassembler_, machine_.now() + limit, [this](std::uint64_t count) {
        return history_ ? history_->run_instructions(count) : machine_.run_instructions(count);
      });
  if (stop == StopReason::breakpoint) account_hits();
  return stop;
}

void Debugger::go_over() {
  const Instruction instruction = next_instruction();
  if (instruction.call || instruction.repeats) {
    go_to(code_address() + instruction.length);
    goal_stack_ = stack_pointer();
  } else {
    cancel_goal();
    goal_ = Goal::out;
    goal_stack_.reset();  // one step
  }
}

void Debugger::go_out() {
  cancel_goal();
  goal_ = Goal::out;
  goal_stack_ = stack_pointer();
}

void Debugger::go_to(std::uint32_t linear) {
  cancel_goal();
  goal_ = Goal::address;
  Breakpoint breakpoint;
  breakpoint.first = breakpoint.last = linear;
  goal_id_ = machine_.add_breakpoint(breakpoint);
}

void Debugger::cancel_goal() {
  if (goal_id_ != 0) machine_.remove_breakpoint(goal_id_);
  goal_id_ = 0;
  goal_ = Goal::none;
  goal_stack_.reset();
}

// True: somebody's breakpoint, or the goal, is what the machine stopped for.
bool Debugger::account_hits() {
  for (const unsigned id : machine_.breakpoints_hit()) {
    if (id == goal_id_) {
      reached_ = reached_ || !goal_stack_ || stack_pointer() >= *goal_stack_;
      continue;
    }
    for (Point& point : points_) {
      if (point.id != id) continue;
      ++point.hits;
      stopped_by_.push_back(point.number);
    }
  }
  return reached_ || !stopped_by_.empty();
}

// To the end of the present routine: the first return that leaves the stack higher than it was.
// With no level to compare with: one step.
StopReason Debugger::run_out(devices::Nanoseconds deadline) {
  while (machine_.now() < deadline) {
    const Instruction instruction = next_instruction();
    const StopReason stop = step(deadline - machine_.now());
    if (stop != StopReason::deadline) return stop;
    if (goal_stack_ && (!instruction.returns || stack_pointer() <= *goal_stack_)) continue;
    reached_ = true;
    cancel_goal();
    return StopReason::breakpoint;
  }
  return StopReason::deadline;
}

StopReason Debugger::run_until(devices::Nanoseconds deadline) {
  reached_ = false;
  stopped_by_.clear();
  if (goal_ == Goal::out) return run_out(deadline);
  for (;;) {
    const StopReason stop = history_ ? history_->run_until(deadline) : machine_.run_until(deadline);
    if (stop != StopReason::breakpoint) {
      if (stop != StopReason::deadline) cancel_goal();
      return stop;
    }
    if (!account_hits()) continue;  // a deeper round of the same routine
    cancel_goal();
    return stop;
  }
}

std::string Debugger::keep_history(bool on) {
  if (on == history_.has_value()) return "";
  if (on) {
    history_.emplace(machine_);
    return "";
  }
  const std::string failure = history_->finish();
  history_.reset();
  return failure;
}

History& Debugger::past() {
  if (!history_) {
    throw UsageError("no history is kept: there is no way back until it is switched on");
  }
  cancel_goal();
  reached_ = false;
  stopped_by_.clear();
  return *history_;
}

History::Outcome Debugger::step_back(const History::GoOn& go_on) {
  return past().step_back(go_on);
}

History::Outcome Debugger::go_to_time(devices::Nanoseconds time, const History::GoOn& go_on) {
  return past().go_to(machine_.instruction_time_at(time), go_on);
}

History::Outcome Debugger::back_to_breakpoint(const History::GoOn& go_on) {
  const History::Outcome outcome = past().back_to_stop(go_on);
  if (outcome != History::Outcome::there) return outcome;
  for (const Point& point : points_) {
    if (point.id != 0 && std::ranges::find(machine_.breakpoints_hit(), point.id) !=
                             machine_.breakpoints_hit().end()) {
      stopped_by_.push_back(point.number);
    }
  }
  return outcome;
}

}  // namespace emu
