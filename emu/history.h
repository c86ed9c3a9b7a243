// Going back: a machine's past, kept as checkpoints and as what came from outside in between. A
// moment is reached from the checkpoint before it by running the same instructions again, which
// is exact, because a machine depends on nothing else. Times are instruction times.
//
// Checkpoints share what is equal; when they take more than they may, those are dropped whose
// neighbours are near for their age, so that the reach stays and moments long ago take longer to
// reach. From the first checkpoint on, disk writes wait in memory above the images; they reach them
// when the history ends.
//
// Going back changes the present. What came after is still known, and comes again when the machine
// runs on: the same keys at the same instructions. Anything new from outside makes it another
// future, and the known one is forgotten. A debugger's hand on registers or memory, and a change of
// media, are not repeated: nothing is run through them. From before a change of medium nothing can
// be reached.
//
// Not kept: what a guest sees of translations that it did not flush (checkpoints have no TLB), and
// what has left the machine.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "emu/disassembler.h"
#include "emu/machine.h"
#include "emu/machine_state.h"

namespace emu {

class History {
 public:
  struct Limits {
    std::size_t bytes = 256U << 20;  // of checkpoints; the disks' writes come on top
    std::size_t checkpoints = 96;
    std::uint64_t interval = 0;  // instruction times between them; 0: as the memory's size asks for
  };
  // Asked now and then on long ways; false: back to where it began.
  using GoOn = std::function<bool()>;
  enum class Outcome : std::uint8_t {
    there,
    beginning,   // further back nothing is known: the machine is at the first moment that is
    broken_off,  // nothing has changed
  };

  // Throws UsageError when the machine is being recorded: recordings know no way back.
  History(Machine& machine, Limits limits);
  explicit History(Machine& machine) : History(machine, Limits{}) {}
  // As finish(), with nobody to hear what went wrong.
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // The writes that waited for the history go into the images; the failure as text, or empty.
  std::string finish();

  // As the machine's own, with the known future's inputs.
  StopReason run_until(devices::Nanoseconds deadline);
  StopReason run_instructions(std::uint64_t count);
  // For whoever runs the machine by itself: before and after it, between slices.
  void look();

  std::uint64_t begin() const;
  std::uint64_t end() const { return end_; }  // of what is known; later than now when gone back
  bool in_past() const { return machine_.instruction_times() < end_; }
  // Why it does not begin earlier.
  const std::string& begins_because() const { return begins_because_; }
  std::size_t bytes() const;
  std::size_t checkpoints() const { return checkpoints_.size(); }
  void forget_future();

  // With every input of that moment given.
  Outcome go_to(std::uint64_t time, const GoOn& go_on = {});
  // Where the last single_step() began.
  Outcome step_back(const GoOn& go_on = {});
  // The last moment before this one at which a breakpoint of the machine stops it; the machine
  // then tells of the stop as if it had just come to it.
  Outcome back_to_stop(const GoOn& go_on = {});

 private:
  struct Checkpoint {
    std::uint64_t at = 0;
    std::size_t inputs = 0;  // given before it
    // Not to be reached from the checkpoint before it.
    bool apart = false;
    std::size_t bytes = 0;  // not shared with the one before it
    MachineState state;
  };

  void hear(const HostInput& input);
  void start_again(std::string because);
  void add_checkpoint(bool apart);
  void count_bytes(std::size_t index);
  void thin();
  std::optional<std::size_t> least_needed() const;
  void erase(std::size_t index);
  void merge_disks(std::size_t index);
  void drop_lost_inputs();
  std::uint64_t contents() const;  // another sum: sectors changed behind the guest's back
  std::size_t last_at_or_before(std::uint64_t time) const;

  std::uint64_t now() const { return machine_.instruction_times(); }
  bool due() const;  // another checkpoint
  bool amid_repeats() const;
  std::uint64_t next_stop() const;
  void give_due();
  void restore(std::size_t index);
  std::uint64_t up_to_input(std::uint64_t end) const;
  bool run_to(std::uint64_t time, const GoOn& go_on);
  bool travel(std::uint64_t time, const GoOn& go_on);
  std::optional<std::uint64_t> step_start(std::uint64_t bound, const GoOn& go_on);
  std::optional<std::uint64_t> last_start(std::uint64_t bound, const GoOn& go_on);
  std::optional<std::uint64_t> last_stop(std::size_t index, std::uint64_t bound, const GoOn& go_on);
  void land_at_stop(std::size_t index, std::uint64_t time);
  bool shut_down() const;
  template <class Way>
  Outcome move(bool breakpoints_stop, Way way);

  Machine& machine_;
  Limits limits_;
  Disassembler disassembler_;
  std::vector<Checkpoint> checkpoints_;  // in order of time
  std::vector<HostInput> inputs_;
  std::size_t given_ = 0;  // of the inputs, up to now
  std::uint64_t end_ = 0;
  bool moving_ = false;      // what happens to the machine is our own doing
  bool interfered_ = false;  // somebody had a hand in it
  std::uint64_t contents_ = 0;
  std::string begins_because_;
  std::string cut_;                                            // why to start again; empty: no need
  std::set<std::pair<DriveSlot, std::uint64_t>> held_before_;  // media whose writes waited already
  bool finished_ = false;
};

}  // namespace emu
