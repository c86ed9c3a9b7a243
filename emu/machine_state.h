// A machine at one moment, to come back to. In memory it is cheap: the disks' part is shared with
// the drives. As a file it is self-contained but for the images, small (deflated), versioned, and
// read like any untrusted file: sizes and a digest first, then every field by a chip that checks
// it. What must fit is checked before the running machine is touched.
// A file names its images by the digest of their content: a state can be loaded only onto the same
// content, which is why mode=discard, or a copy, is the usual company of states.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "emu/config.h"
#include "emu/drive_tap.h"
#include "emu/shared_bytes.h"

namespace emu {

class Board;

// The text is one line and names the file, if there is one.
class StateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct MachineState {
  struct Drive {
    DriveSlot slot;
    std::uint64_t medium;  // which tap it was
    DriveTap::State content;
  };
  SharedBytes board;  // an Archive
  SharedBytes ram;
  std::vector<Drive> drives;
};

// What is the same in `like` is shared with it; nullptr: nothing is.
MachineState capture_state(Board& board, const MachineState* like = nullptr);
// Why not, when another medium is in a drive than was then, or a disk was committed since; empty:
// it can be.
std::string why_not_restorable(const Board& board, const MachineState& state);
// Throws StateError with that.
void restore_state(Board& board, const MachineState& state);

// Throw StateError, std::system_error.
void write_state(Board& board, const std::filesystem::path& file);
void read_state(Board& board, const std::filesystem::path& file);

// The file's content, for tests.
std::vector<std::uint8_t> pack_state(Board& board);
void unpack_state(Board& board, std::span<const std::uint8_t> bytes);
// Inside the envelope: what unpack_state() hands on when digest and sizes were right.
std::vector<std::uint8_t> state_payload(Board& board);
void load_payload(Board& board, std::span<const std::uint8_t> payload);

}  // namespace emu
