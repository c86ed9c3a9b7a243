// Runs a recorded machine again: every input at the instruction at which it came.
#pragma once

#include <atomic>
#include <functional>

#include "emu/recording.h"
#include "emu/session.h"

namespace emu {

// The machine of a recording, ready to be built: images that would be written become mode=discard,
// and drives given on the command line bring other files for the recorded ones. Throws UsageError.
Config replay_config(const Recording& recording, const std::vector<DriveConfig>& given);

// What came from outside, again. Media are not its business: false.
bool give_input(Machine& machine, const HostInput::What& what);

class Replay {
 public:
  // `before` is called before each input, with the machine standing there.
  using Before = std::function<void(const HostInput&)>;

  // Throws UsageError when machine or media are not those of the recording.
  Replay(Machine& machine, const Recording& recording);

  // To the end of the recording. `look` is called often on the way.
  Verdict run(const std::function<void()>& look, const Before& before,
              const std::atomic<bool>& interrupted);

 private:
  bool run_to(std::uint64_t at, const std::function<void()>& look,
              const std::atomic<bool>& interrupted);
  void give(const HostInput& input);

  Machine& machine_;
  const Recording& recording_;
};

}  // namespace emu
