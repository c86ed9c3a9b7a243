#include "emu/machine_state.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "emu/board.h"
#include "emu/digest.h"
#include "storage/file.h"

namespace emu {

namespace {

using devices::Archive;

// Envelope, little-endian: magic 8, version 4, reserved 4, payload size 8, deflated payload,
// SHA-256 of all before it.
constexpr std::array<std::uint8_t, 8> kMagic = {'P', 'L', 'T', 'S', 'T', 'A', 'T', 'E'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderSize = 24;
constexpr std::uint64_t kLargestPayload = 1U << 30;
constexpr std::uint64_t kLargestFile = 1U << 30;

std::string digest_of(std::span<const std::uint8_t> bytes) {
  Digest digest;
  digest.add(bytes);
  return digest.hex();
}

void put_number(std::vector<std::uint8_t>& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint64_t number_at(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::uint64_t{bytes[at + i]} << (8 * i);
  return value;
}

// ---- the parts of a payload ----

void serialize_text(Archive& archive, std::string& text, std::size_t longest) {
  auto size = static_cast<std::uint32_t>(text.size());
  archive(size);
  if (size > longest) throw devices::ArchiveError("state: a text is too long");
  text.resize(size);
  for (char& c : text) archive(c);
}

// What must be the same for the rest to make sense; compared, not loaded.
void serialize_identity(Archive& archive, Board& board) {
  archive.tag("machine", 1);
  const auto same = [&](auto value, const char* what) {
    auto found = value;
    archive(found);
    if (found != value) {
      throw StateError(std::string("the state was saved on a machine with ") + what);
    }
  };
  same(board.processor.model(), "another processor");
  same(board.memory.ram_size(), "more or less memory");
  same(board.mips(), "another --mips");
  same(board.rom_digest(), "other ROMs");
}

// The image below a drive, as far as a state needs to know it.
std::string image_digest(storage::BlockDevice& image) {
  constexpr std::uint64_t sectors_at_once = 2048;
  std::vector<std::uint8_t> buffer(sectors_at_once * storage::kSectorSize);
  Digest digest;
  for (std::uint64_t lba = 0; lba < image.sector_count(); lba += sectors_at_once) {
    const std::uint64_t count = std::min(sectors_at_once, image.sector_count() - lba);
    const auto part =
        std::span(buffer).first(static_cast<std::size_t>(count) * storage::kSectorSize);
    if (image.read(lba, part) != storage::IoStatus::ok) {
      throw StateError("an image cannot be read at sector " + std::to_string(lba));
    }
    digest.add(part);
  }
  return digest.hex();
}

struct HeldSector {
  std::uint64_t lba;
  std::array<std::uint8_t, storage::kSectorSize> bytes;
};

struct DriveContent {
  bool present = false;
  std::uint64_t write_digest = 0;
  std::vector<HeldSector> held;
};

DriveContent save_drive(Archive& archive, DriveTap* tap) {
  DriveContent content;
  content.present = tap != nullptr;
  archive(content.present);
  if (tap == nullptr) return content;
  std::string digest = image_digest(tap->image());
  serialize_text(archive, digest, digest.size());
  content.write_digest = tap->write_digest();
  archive(content.write_digest);
  tap->for_each_held([&](std::uint64_t lba, std::span<const std::uint8_t> sector) {
    HeldSector held{lba, {}};
    std::copy(sector.begin(), sector.end(), held.bytes.begin());
    content.held.push_back(held);
  });
  std::uint64_t count = content.held.size();
  archive(count);
  for (HeldSector& held : content.held) {
    archive(held.lba);
    archive.bytes(held.bytes);
  }
  return content;
}

DriveContent load_drive(Archive& archive, DriveTap* tap, const char* name) {
  DriveContent content;
  archive(content.present);
  if (content.present != (tap != nullptr)) {
    throw StateError(std::string("the state was saved with ") +
                     (content.present ? "an image in " : "nothing in ") + name);
  }
  if (tap == nullptr) return content;
  std::string digest;
  constexpr std::size_t digest_letters = 64;
  serialize_text(archive, digest, digest_letters);
  if (digest != image_digest(tap->image())) {
    throw StateError(std::string("the image in ") + name +
                     " has another content than when the state was saved");
  }
  archive(content.write_digest);
  std::uint64_t count = 0;
  archive(count);
  if (count > tap->sector_count()) throw devices::ArchiveError("state: more sectors than the disk");
  for (std::uint64_t i = 0; i < count; ++i) {
    HeldSector held{};
    archive(held.lba);
    if (held.lba >= tap->sector_count())
      throw devices::ArchiveError("state: a sector off the disk");
    archive.bytes(held.bytes);
    content.held.push_back(held);
  }
  return content;
}

void apply_drive(DriveTap& tap, const DriveContent& content) {
  tap.drop_held();
  for (const HeldSector& held : content.held) {
    if (tap.hold(held.lba, held.bytes) != storage::IoStatus::ok) {
      throw StateError("there is no memory for the disks' sectors");
    }
  }
  tap.capture();
  tap.set_write_digest(content.write_digest);
}

std::vector<std::uint8_t> read_whole(const std::filesystem::path& file) {
  storage::PosixFile in(file, storage::FileAccess::read);
  const std::uint64_t size = in.size();
  if (size > kLargestFile) throw StateError("is too large for a state file");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  if (in.read_at(0, bytes) != storage::IoStatus::ok) throw StateError("cannot be read");
  return bytes;
}

std::vector<std::uint8_t> deflated(std::span<const std::uint8_t> payload) {
  uLongf size = compressBound(static_cast<uLong>(payload.size()));
  std::vector<std::uint8_t> packed(size);
  constexpr int fast = 1;
  if (compress2(packed.data(), &size, payload.data(), static_cast<uLong>(payload.size()), fast) !=
      Z_OK) {
    throw StateError("there is no memory to pack the state");
  }
  packed.resize(size);
  return packed;
}

std::vector<std::uint8_t> inflated(std::span<const std::uint8_t> packed, std::uint64_t size) {
  // Deflate makes at most about 1032 bytes of one: a larger claim is a lie, not worth the memory.
  constexpr std::uint64_t best_ratio = 1040;
  if (size > kLargestPayload || size > (packed.size() + 1) * best_ratio) {
    throw StateError("is damaged: its size cannot be right");
  }
  std::vector<std::uint8_t> payload(static_cast<std::size_t>(size));
  auto length = static_cast<uLongf>(payload.size());
  const int status =
      uncompress(payload.data(), &length, packed.data(), static_cast<uLong>(packed.size()));
  if (status != Z_OK || length != size) throw StateError("is damaged: it does not unpack");
  return payload;
}

}  // namespace

MachineState capture_state(Board& board, const MachineState* like) {
  MachineState state;
  Archive archive = Archive::saver();
  board.serialize(archive);
  board.serialize_shadow(archive);
  const SharedBytes nothing;
  state.board = SharedBytes(archive.saved(), like != nullptr ? like->board : nothing);
  state.ram = SharedBytes(board.memory.ram(), like != nullptr ? like->ram : nothing);
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    if (DriveTap* tap = board.tap(slot)) {
      state.drives.push_back({slot, tap->medium(), tap->capture()});
    }
  }
  return state;
}

std::string why_not_restorable(const Board& board, const MachineState& state) {
  for (const MachineState::Drive& drive : state.drives) {
    const DriveTap* tap = board.tap(drive.slot);
    if (tap == nullptr || tap->medium() != drive.medium) {
      return std::string("another medium is in ") + slot_name(drive.slot) +
             " than when the state was saved";
    }
    if (!tap->knows(drive.content)) {
      return std::string(slot_name(drive.slot)) + " was committed since the state was saved";
    }
  }
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    const bool saved = std::ranges::any_of(
        state.drives, [&](const MachineState::Drive& drive) { return drive.slot == slot; });
    if (board.tap(slot) != nullptr && !saved) {
      return std::string(slot_name(slot)) + " was empty when the state was saved";
    }
  }
  return "";
}

void restore_state(Board& board, const MachineState& state) {
  if (const std::string why = why_not_restorable(board, state); !why.empty()) throw StateError(why);
  const std::vector<std::uint8_t> chips = state.board.copy();
  Archive archive = Archive::loader(chips);
  board.serialize(archive);
  board.serialize_shadow(archive);
  board.memory.load_ram(state.ram.copy());
  for (const MachineState::Drive& drive : state.drives) {
    board.tap(drive.slot)->restore(drive.content);
  }
}

std::vector<std::uint8_t> state_payload(Board& board) {
  Archive archive = Archive::saver();
  serialize_identity(archive, board);
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    save_drive(archive, board.tap(static_cast<DriveSlot>(i)));
  }
  board.serialize(archive);
  board.serialize_memory(archive);
  const auto saved = archive.saved();
  return {saved.begin(), saved.end()};
}

void load_payload(Board& board, std::span<const std::uint8_t> payload) {
  Archive archive = Archive::loader(payload);
  serialize_identity(archive, board);
  std::array<DriveContent, kDriveSlotCount> contents;
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    contents[i] = load_drive(archive, board.tap(static_cast<DriveSlot>(i)), kDriveSlotNames[i]);
  }
  board.serialize(archive);
  board.serialize_memory(archive);
  if (!archive.at_end()) throw devices::ArchiveError("state: there is more than a machine");
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    if (contents[i].present) apply_drive(*board.tap(static_cast<DriveSlot>(i)), contents[i]);
  }
}

std::vector<std::uint8_t> pack_state(Board& board) {
  const std::vector<std::uint8_t> payload = state_payload(board);
  if (payload.size() > kLargestPayload) throw StateError("the machine is too large for a state");
  std::vector<std::uint8_t> file(kMagic.begin(), kMagic.end());
  put_number(file, kVersion, 4);
  put_number(file, 0, 4);
  put_number(file, payload.size(), 8);
  const std::vector<std::uint8_t> packed = deflated(payload);
  file.insert(file.end(), packed.begin(), packed.end());
  const std::string digest = digest_of(file);
  file.insert(file.end(), digest.begin(), digest.end());
  return file;
}

void unpack_state(Board& board, std::span<const std::uint8_t> bytes) {
  constexpr std::size_t digest_letters = 64;
  if (bytes.size() < kHeaderSize || !std::equal(kMagic.begin(), kMagic.end(), bytes.begin())) {
    throw StateError("is no state file");
  }
  const std::uint64_t version = number_at(bytes, 8, 4);
  if (version != kVersion) {
    throw StateError("has version " + std::to_string(version) + "; this program reads version " +
                     std::to_string(kVersion));
  }
  if (bytes.size() < kHeaderSize + digest_letters) throw StateError("is cut off");
  const auto body = bytes.first(bytes.size() - digest_letters);
  const auto digest = bytes.last(digest_letters);
  if (!std::ranges::equal(digest_of(body), digest)) {
    throw StateError("is damaged or cut off: its digest does not fit");
  }
  load_payload(board, inflated(body.subspan(kHeaderSize), number_at(bytes, 16, 8)));
}

void write_state(Board& board, const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = pack_state(board);
  errno = 0;
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.flush();
  if (!out) {
    throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), file.string());
  }
}

void read_state(Board& board, const std::filesystem::path& file) {
  try {
    unpack_state(board, read_whole(file));
  } catch (const StateError& error) {
    throw StateError(file.string() + ": " + error.what());
  } catch (const devices::ArchiveError& error) {
    throw StateError(file.string() + ": does not fit this machine: " + error.what());
  }
}

}  // namespace emu
