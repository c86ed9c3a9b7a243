#include "emu/history.h"

#include <algorithm>
#include <span>
#include <utility>

#include "emu/rehearsal.h"
#include "emu/replay.h"
#include "emu/run_options.h"
#include "emu/single_step.h"

namespace emu {

namespace {

// Instruction times, between two looks at whether somebody wants to break off.
constexpr std::uint64_t kStride = 200'000;
// A way longer than this leaves a checkpoint shortly before its end: the next way back is short.
constexpr std::uint64_t kLongWay = 250'000;
constexpr std::uint64_t kShortlyBefore = 4'000;

// A checkpoint costs one comparison of all memory: a few per cent of the instructions in between,
// on any machine.
std::uint64_t interval_for(std::uint32_t ram_bytes) {
  constexpr std::uint64_t at_least = 16'000'000;
  constexpr std::uint64_t per_mebibyte = 2'000'000;
  return at_least + per_mebibyte * (ram_bytes >> 20);
}

bool goes_on(const History::GoOn& go_on) {
  return !go_on || go_on();
}

}  // namespace

History::History(Machine& machine, Limits limits) : machine_(machine), limits_(limits) {
  if (machine.on_input) {
    throw UsageError("a recording is being written, and it knows no way back: no history is kept");
  }
  if (limits_.interval == 0) limits_.interval = interval_for(machine.memory().ram_size());
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    const DriveTap* tap = machine.tap(slot);
    if (tap != nullptr && tap->holding()) held_before_.insert({slot, tap->medium()});
  }
  machine.on_input = [this](const HostInput& input) { hear(input); };
  machine.on_interference = [this] { interfered_ = interfered_ || !moving_; };
  start_again("it was switched on here");
}

History::~History() {
  (void)finish();
}

std::string History::finish() {
  if (std::exchange(finished_, true)) return "";
  machine_.on_input = {};
  machine_.on_interference = {};
  checkpoints_.clear();
  std::string failure;
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    DriveTap* tap = machine_.tap(slot);
    // A snapshot of the disk keeps its writes waiting as well.
    if (tap == nullptr || !tap->snapshots().empty() ||
        held_before_.contains({slot, tap->medium()})) {
      continue;
    }
    if (tap->commit() == storage::IoStatus::ok || !failure.empty()) continue;
    failure = std::string("the writes to ") + slot_name(slot) +
              " that waited in memory could not all be made; they still wait there";
  }
  return failure;
}

// ---- checkpoints ----

std::uint64_t History::begin() const {
  return checkpoints_.front().at;
}

std::size_t History::bytes() const {
  std::size_t all = 0;
  for (const Checkpoint& checkpoint : checkpoints_) all += checkpoint.bytes;
  return all;
}

std::uint64_t History::contents() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const DriveTap* tap = std::as_const(machine_).tap(static_cast<DriveSlot>(i));
    if (tap != nullptr) sum += tap->contents();
  }
  return sum;
}

void History::start_again(std::string because) {
  cut_.clear();
  checkpoints_.clear();
  inputs_.clear();
  given_ = 0;
  begins_because_ = std::move(because);
  interfered_ = false;
  end_ = now();
  add_checkpoint(true);
  contents_ = contents();
}

void History::look() {
  if (!cut_.empty()) return start_again(std::exchange(cut_, {}));
  if (checkpoints_.empty() || now() < begin()) return start_again("another state was loaded here");
  if (!machine_.can_restore(checkpoints_.back().state)) {
    return start_again("a disk's image or its layers were changed here");
  }
  if (interfered_ || contents() != contents_) {
    interfered_ = false;
    contents_ = contents();
    forget_future();
    add_checkpoint(true);
  }
  end_ = std::max(end_, now());
  if (due() && !amid_repeats()) add_checkpoint(false);
}

bool History::due() const {
  return now() >= checkpoints_.back().at + limits_.interval;
}

// In the middle of a repeated instruction no step begins: a little later is better, but not too
// late.
bool History::amid_repeats() const {
  constexpr std::uint64_t patience = 1'000'000;
  return now() < checkpoints_.back().at + limits_.interval + patience &&
         next_instruction(machine_, disassembler_).repeats;
}

void History::forget_future() {
  std::erase_if(checkpoints_,
                [this](const Checkpoint& checkpoint) { return checkpoint.at > now(); });
  inputs_.resize(given_);
  end_ = now();
}

void History::count_bytes(std::size_t index) {
  if (index >= checkpoints_.size()) return;
  const MachineState nothing;
  const MachineState& before = index == 0 ? nothing : checkpoints_[index - 1].state;
  Checkpoint& here = checkpoints_[index];
  here.bytes = here.state.board.own_bytes(before.board) + here.state.ram.own_bytes(before.ram);
}

void History::add_checkpoint(bool apart) {
  auto place = std::ranges::upper_bound(checkpoints_, now(), {}, &Checkpoint::at);
  if (place != checkpoints_.begin() && std::prev(place)->at == now()) {
    if (!apart) return;
    // What was there before somebody had a hand in it cannot be told apart by its time.
    apart = true;
    place = checkpoints_.erase(std::prev(place));
  }
  Checkpoint checkpoint;
  checkpoint.at = now();
  checkpoint.inputs = given_;
  checkpoint.apart = apart;
  const MachineState* like = place == checkpoints_.begin() ? nullptr : &std::prev(place)->state;
  checkpoint.state = machine_.capture(like);
  const auto index = static_cast<std::size_t>(place - checkpoints_.begin());
  checkpoints_.insert(place, std::move(checkpoint));
  count_bytes(index);
  count_bytes(index + 1);
  thin();
}

// The one whose neighbours are nearest to each other for its distance from the present. The first
// is the reach of it all, the last the nearest one: they stay, and those that nothing leads to.
std::optional<std::size_t> History::least_needed() const {
  std::optional<std::size_t> found;
  double least = 0;
  for (std::size_t i = 1; i + 1 < checkpoints_.size(); ++i) {
    const Checkpoint& here = checkpoints_[i];
    if (here.apart) continue;
    const std::uint64_t age = std::max(now(), here.at) - std::min(now(), here.at);
    const std::uint64_t gap = checkpoints_[i + 1].at - checkpoints_[i - 1].at;
    const double need = static_cast<double>(gap) / static_cast<double>(age + limits_.interval);
    if (found && need >= least) continue;
    found = i;
    least = need;
  }
  return found;
}

void History::thin() {
  while (checkpoints_.size() > 1 &&
         (checkpoints_.size() > limits_.checkpoints || bytes() > limits_.bytes)) {
    if (const auto index = least_needed()) {
      erase(*index);
      continue;
    }
    // The present must stay reachable.
    if (checkpoints_[1].at > now()) return;
    erase(0);
    begins_because_ = "more does not fit into memory";
    drop_lost_inputs();
  }
}

void History::drop_lost_inputs() {
  const std::size_t lost = checkpoints_.front().inputs;
  inputs_.erase(inputs_.begin(), inputs_.begin() + static_cast<std::ptrdiff_t>(lost));
  given_ -= lost;
  for (Checkpoint& checkpoint : checkpoints_) checkpoint.inputs -= lost;
}

void History::erase(std::size_t index) {
  checkpoints_.erase(checkpoints_.begin() + static_cast<std::ptrdiff_t>(index));
  count_bytes(index);
  if (index < checkpoints_.size()) merge_disks(index);
}

// What was written since the checkpoint before it is one layer of each disk.
void History::merge_disks(std::size_t index) {
  for (const MachineState::Drive& drive : checkpoints_[index].state.drives) {
    DriveTap* tap = machine_.tap(drive.slot);
    if (tap == nullptr || tap->medium() != drive.medium) continue;
    std::vector<DriveTap::State*> states;
    const DriveTap::State* before = nullptr;
    for (std::size_t i = 0; i < checkpoints_.size(); ++i) {
      for (MachineState::Drive& other : checkpoints_[i].state.drives) {
        if (other.slot != drive.slot || other.medium != drive.medium) continue;
        states.push_back(&other.content);
        if (i + 1 == index) before = &other.content;
      }
    }
    const auto& layers = drive.content.layers;
    const std::size_t first = before != nullptr ? before->layers.size() : 0;
    const bool grew_from = before == nullptr || (first <= layers.size() &&
                                                 std::equal(before->layers.begin(),
                                                            before->layers.end(), layers.begin()));
    if (!grew_from || layers.size() - first < 2) continue;
    const DriveTap::State like = drive.content;
    tap->merge(like, first, like.layers.size(), states);
  }
}

std::size_t History::last_at_or_before(std::uint64_t time) const {
  const auto after = std::ranges::upper_bound(checkpoints_, time, {}, &Checkpoint::at);
  return after == checkpoints_.begin() ? 0
                                       : static_cast<std::size_t>(after - checkpoints_.begin()) - 1;
}

// ---- running ----

void History::hear(const HostInput& input) {
  if (moving_) return;
  if (std::holds_alternative<InsertInput>(input.what) ||
      std::holds_alternative<EjectInput>(input.what)) {
    const auto* insert = std::get_if<InsertInput>(&input.what);
    const DriveSlot slot =
        insert != nullptr ? insert->drive.slot : std::get<EjectInput>(input.what).slot;
    cut_ = std::string("the medium in ") + slot_name(slot) + " was changed here";
    return;
  }
  forget_future();
  inputs_.push_back(input);
  given_ = inputs_.size();
}

void History::give_due() {
  const bool moving = std::exchange(moving_, true);
  for (; given_ < inputs_.size() && inputs_[given_].at <= now(); ++given_) {
    give_input(machine_, inputs_[given_].what);
  }
  moving_ = moving;
}

std::uint64_t History::next_stop() const {
  constexpr std::uint64_t again = 256;
  const std::uint64_t next = due() ? now() + again : checkpoints_.back().at + limits_.interval;
  return given_ < inputs_.size() ? std::min(next, inputs_[given_].at) : next;
}

StopReason History::run_until(devices::Nanoseconds deadline) {
  while (true) {
    look();
    give_due();
    if (machine_.now() >= deadline) return StopReason::deadline;
    const StopReason stop = machine_.run_until(std::min(deadline, machine_.time_of(next_stop())));
    end_ = std::max(end_, now());
    if (stop == StopReason::deadline) continue;
    give_due();
    return stop;
  }
}

StopReason History::run_instructions(std::uint64_t count) {
  return run_until(machine_.time_of(now() + count));
}

// ---- ways through time ----

bool History::shut_down() const {
  return machine_.processor().activity() == cpu::Activity::shutdown;
}

void History::restore(std::size_t index) {
  machine_.restore(checkpoints_[index].state);
  given_ = checkpoints_[index].inputs;
}

// `end`, or the moment of the next input when that comes first; one instruction on at least.
std::uint64_t History::up_to_input(std::uint64_t end) const {
  if (given_ == inputs_.size()) return end;
  return std::min(end, std::max(inputs_[given_].at, now() + 1));
}

// False: broken off. A guest that stops for good stays where it is, as it did then.
bool History::run_to(std::uint64_t time, const GoOn& go_on) {
  give_due();
  while (now() < time) {
    if (!goes_on(go_on)) return false;
    const std::uint64_t before = now();
    const std::uint64_t end = up_to_input(std::min(time, before + kStride));
    const StopReason stop = machine_.run_instructions(end - before);
    if (stop != StopReason::deadline && stop != StopReason::breakpoint && now() == before) break;
    give_due();
  }
  return true;
}

// To a moment that is known, by way of the checkpoint before it.
bool History::travel(std::uint64_t time, const GoOn& go_on) {
  const std::size_t index = last_at_or_before(time);
  const std::uint64_t from = checkpoints_[index].at;
  restore(index);
  if (time - std::min(time, from) > kLongWay) {
    if (!run_to(time - kShortlyBefore, go_on)) return false;
    if (!next_instruction(machine_, disassembler_).repeats) add_checkpoint(false);
  }
  return run_to(time, go_on);
}

// The last step that begins before `bound`, among those that begin after where the machine is now.
std::optional<std::uint64_t> History::step_start(std::uint64_t bound, const GoOn& go_on) {
  const RunInstructions run = [this](std::uint64_t count) {
    const StopReason stop = machine_.run_instructions(up_to_input(now() + count) - now());
    give_due();
    return stop;
  };
  std::optional<std::uint64_t> last;
  constexpr unsigned look_every = 1024;
  for (unsigned n = 1; now() < bound; ++n) {
    if (n % look_every == 0 && !goes_on(go_on)) return std::nullopt;
    const std::uint64_t before = now();
    single_step(machine_, disassembler_, machine_.time_of(bound), run);
    if (now() >= bound || now() == before) break;
    last = now();
  }
  return last;
}

// The same among all that are known, the beginning of the history at least. Nothing: broken off.
std::optional<std::uint64_t> History::last_start(std::uint64_t bound, const GoOn& go_on) {
  constexpr std::uint64_t first_window = 1'000;
  constexpr std::uint64_t growth = 64;
  for (std::size_t index = last_at_or_before(bound - 1);; --index) {
    const std::uint64_t first = checkpoints_[index].at;
    for (std::uint64_t window = first_window;; window *= growth) {
      const std::uint64_t from = bound - first > window ? bound - window : first;
      restore(index);
      if (!run_to(from, go_on)) return std::nullopt;
      if (const auto start = step_start(bound, go_on)) return start;
      if (!goes_on(go_on)) return std::nullopt;
      if (from == first) break;
    }
    // Whether a step begins right at the checkpoint is seen from the one before it. Where somebody
    // had a hand in the machine, one began.
    if (index == 0 || checkpoints_[index].apart) return first;
  }
}

// The last stop after a checkpoint and before `bound`.
std::optional<std::uint64_t> History::last_stop(std::size_t index, std::uint64_t bound,
                                                const GoOn& go_on) {
  const std::uint64_t end =
      index + 1 < checkpoints_.size() ? std::min(bound, checkpoints_[index + 1].at) : bound;
  std::optional<std::uint64_t> last;
  give_due();
  while (now() < end && goes_on(go_on)) {
    const std::uint64_t before = now();
    const std::uint64_t next = up_to_input(std::min(end, before + kStride));
    const StopReason stop = machine_.run_instructions(next - before);
    if (stop == StopReason::breakpoint) {
      if (now() < bound) last = now();
    } else if (stop != StopReason::deadline && now() == before) {
      break;
    }
    give_due();
  }
  return last;
}

// So that the machine says itself what stopped it.
void History::land_at_stop(std::size_t index, std::uint64_t time) {
  StopReason stop = StopReason::deadline;
  if (time > checkpoints_[index].at) {
    run_to(time - 1, {});
    while (now() < time) {
      const std::uint64_t before = now();
      stop = machine_.run_instructions(1);
      if (stop != StopReason::breakpoint && now() == before) break;
    }
  }
  // Not behind an access: before an instruction.
  if (stop != StopReason::breakpoint) machine_.run_instructions(1);
  give_due();
}

template <class Way>
History::Outcome History::move(bool breakpoints_stop, Way way) {
  look();
  const std::uint64_t from = now();
  const bool dead = shut_down();
  moving_ = true;
  const auto rehearsal = machine_.rehearse(breakpoints_stop);
  const Outcome outcome = way(*rehearsal, from);
  if (outcome == Outcome::broken_off) {
    travel(from, {});
    // A fault that ends everything may have cost no time, when an interrupt met it.
    if (dead && !shut_down()) machine_.run_instructions(1);
    rehearsal->moved(true);
  }
  contents_ = contents();
  moving_ = false;
  return outcome;
}

History::Outcome History::go_to(std::uint64_t time, const GoOn& go_on) {
  return move(false, [&](Rehearsal& rehearsal, std::uint64_t) {
    const std::uint64_t to = std::clamp(time, begin(), end_);
    if (!travel(to, go_on)) return Outcome::broken_off;
    rehearsal.moved(true);
    return time < begin() ? Outcome::beginning : Outcome::there;
  });
}

History::Outcome History::step_back(const GoOn& go_on) {
  return move(false, [&](Rehearsal& rehearsal, std::uint64_t bound) {
    const bool more = bound > begin();
    const auto start = more ? last_start(bound, go_on) : std::optional(begin());
    if (!start || !travel(*start, go_on)) return Outcome::broken_off;
    rehearsal.moved(true);
    return more ? Outcome::there : Outcome::beginning;
  });
}

History::Outcome History::back_to_stop(const GoOn& go_on) {
  return move(true, [&](Rehearsal& rehearsal, std::uint64_t bound) {
    for (std::size_t index = bound > begin() ? last_at_or_before(bound - 1) + 1 : 0; index-- > 0;) {
      restore(index);
      rehearsal.moved(false);
      const auto stop = last_stop(index, bound, go_on);
      if (!goes_on(go_on)) return Outcome::broken_off;
      if (!stop) continue;
      restore(index);
      rehearsal.moved(false);
      land_at_stop(index, *stop);
      return Outcome::there;
    }
    restore(0);
    give_due();
    rehearsal.moved(true);
    return Outcome::beginning;
  });
}

}  // namespace emu
