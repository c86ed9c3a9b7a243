#include "emu/replay.h"

#include <algorithm>

#include "emu/run_options.h"

namespace emu {

namespace {

// Of instruction times, between two looks at the screen and at Ctrl-C.
constexpr std::uint64_t kStride = 20'000;

std::string short_digest(const std::string& digest) {
  constexpr std::size_t enough = 16;
  return digest.substr(0, enough);
}

}  // namespace

Config replay_config(const Recording& recording, const std::vector<DriveConfig>& given) {
  Config config = recording.config;
  for (const DriveConfig& drive : given) {
    const auto recorded = std::ranges::find(config.drives, drive.slot, &DriveConfig::slot);
    if (recorded == config.drives.end()) {
      throw UsageError(std::string("the recorded machine has no drive ") + slot_name(drive.slot));
    }
    recorded->file = drive.file;
    recorded->demo = false;
  }
  for (DriveConfig& drive : config.drives) {
    if (drive.mode != DriveMode::ro) drive.mode = DriveMode::discard;
  }
  return config;
}

Replay::Replay(Machine& machine, const Recording& recording)
    : machine_(machine), recording_(recording) {
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    const auto recorded = recording.media.find(slot);
    const std::string now = machine.medium_digest(slot);
    const std::string then = recorded != recording.media.end() ? recorded->second : "";
    if (now == then) continue;
    throw UsageError(std::string("replay: ") + slot_name(slot) +
                     " does not hold what it held when the recording began (SHA-256 " +
                     short_digest(then) + "..., now " + short_digest(now) +
                     "...); runs that write to their images are best recorded with mode=discard");
  }
  if (machine.instruction_times() != recording.begin.at || machine.hash() != recording.begin.hash) {
    throw UsageError(
        "replay: this is not the machine of the recording: another ROM, program version or state");
  }
}

// False: interrupted. A guest that stopped for good stays where it is, as it did then.
bool Replay::run_to(std::uint64_t at, const std::function<void()>& look,
                    const std::atomic<bool>& interrupted) {
  while (machine_.instruction_times() < at) {
    if (interrupted) return false;
    const std::uint64_t before = machine_.instruction_times();
    const StopReason stop = machine_.run_instructions(std::min(at - before, kStride));
    if (look) look();
    if (stop != StopReason::deadline && machine_.instruction_times() == before) return true;
  }
  return true;
}

bool give_input(Machine& machine, const HostInput::What& what) {
  struct Give {
    Machine& machine;
    bool operator()(const KeyCommand& key) const { return apply(key); }
    bool operator()(const MouseCommand& mouse) const { return apply(mouse); }
    bool operator()(const ResetCommand& reset) const { return apply(reset); }
    bool operator()(const InsertInput&) const { return false; }
    bool operator()(const EjectInput&) const { return false; }
    bool operator()(const SerialPeer& peer) const {
      machine.connect_serial_peer(peer.port);
      return true;
    }
    bool operator()(const SerialInput& serial) const {
      machine.feed_serial(serial.port, serial.bytes);
      return true;
    }
    bool apply(const Command& command) const {
      machine.apply(command);
      return true;
    }
  };
  return std::visit(Give{machine}, what);
}

void Replay::give(const HostInput& input) {
  if (give_input(machine_, input.what)) return;
  if (const auto* eject = std::get_if<EjectInput>(&input.what)) return machine_.eject(eject->slot);
  const auto& insert = std::get<InsertInput>(input.what);
  DriveConfig drive = insert.drive;
  if (drive.mode != DriveMode::ro) drive.mode = DriveMode::discard;
  machine_.insert(drive);
  if (machine_.medium_digest(drive.slot) != insert.digest) {
    throw UsageError("replay: '" + drive.file + "' is not what was inserted then");
  }
}

Verdict Replay::run(const std::function<void()>& look, const Before& before,
                    const std::atomic<bool>& interrupted) {
  Verdict stopped = {"interrupted", kExitInterrupted, "the replay was interrupted"};
  for (const HostInput& input : recording_.inputs) {
    if (!run_to(input.at, look, interrupted)) return stopped;
    if (machine_.instruction_times() != input.at) {
      return {"replay-differs", kExitExpectation,
              "replay: the guest stopped at instruction time " +
                  std::to_string(machine_.instruction_times()) +
                  "; then it lived to see input at " + std::to_string(input.at)};
    }
    if (before) before(input);
    give(input);
  }
  if (!recording_.end) {
    return {"replayed", kExitOk, "the recording was cut off: nothing to compare the end with"};
  }
  if (!run_to(recording_.end->at, look, interrupted)) return stopped;
  const std::string hash = machine_.hash();
  if (hash != recording_.end->hash) {
    return {"replay-differs", kExitExpectation,
            "replay: the machine is another one at the end: hash " + short_digest(hash) +
                "..., recorded " + short_digest(recording_.end->hash) + "..."};
  }
  return {"replayed", kExitOk, ""};
}

}  // namespace emu
