#include "emu/dos_memory.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "emu/linear_memory.h"

namespace emu {

namespace {

constexpr std::size_t kParagraph = 16;
constexpr std::uint16_t kOwnerDos = 8;

// The guest's first megabyte and the 64 KiB behind it, as its real-mode programs see them.
class LowMemory {
 public:
  LowMemory(const cpu::Registers& registers, const cpu::Memory& memory) : bytes_(kSize) {
    peek_linear(registers, memory, 0, bytes_);
  }

  std::uint8_t byte(std::size_t at) const { return at < kSize ? bytes_[at] : std::uint8_t{0xFF}; }
  std::uint16_t word(std::size_t at) const {
    return static_cast<std::uint16_t>(byte(at) | byte(at + 1) << 8);
  }
  std::uint32_t dword(std::size_t at) const {
    return word(at) | static_cast<std::uint32_t>(word(at + 2)) << 16;
  }
  // Where a far pointer leads.
  std::size_t target(std::size_t at) const { return word(at + 2) * kParagraph + word(at); }
  // Up to the first byte that is none of a text.
  std::string text(std::size_t at, std::size_t most) const {
    std::string words;
    for (std::size_t i = 0; i < most && byte(at + i) >= 0x20 && byte(at + i) < 0x7F; ++i)
      words += static_cast<char>(byte(at + i));
    return words;
  }
  std::optional<std::size_t> find(std::string_view words, std::size_t from) const {
    const auto found = std::search(
        bytes_.begin() + static_cast<std::ptrdiff_t>(from), bytes_.end(), words.begin(),
        words.end(), [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
    if (found == bytes_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - bytes_.begin());
  }

 private:
  static constexpr std::size_t kSize = 0x110000 - kParagraph;
  std::vector<std::uint8_t> bytes_;
};

std::string trimmed(std::string words) {
  words.erase(words.find_last_not_of(' ') + 1);
  return words;
}

// [RBIL] table 01628; empty where the chain does not hold together.
std::vector<DosBlock> chain_from(const LowMemory& low, std::uint32_t segment) {
  std::vector<DosBlock> blocks;
  constexpr int most = 1024;
  for (int i = 0; i < most && segment < 0xFFFF; ++i) {
    const std::size_t at = segment * kParagraph;
    const std::uint8_t mark = low.byte(at);
    if (mark != 'M' && mark != 'Z') return {};
    blocks.push_back({static_cast<std::uint16_t>(segment), low.word(at + 1), low.word(at + 3),
                      trimmed(low.text(at + 8, 8))});
    if (mark == 'Z') return blocks;
    segment += low.word(at + 3) + 1U;
  }
  return {};
}

// Without the list of lists: the first chain of some length.
std::vector<DosBlock> some_chain(const LowMemory& low) {
  constexpr std::uint32_t first = 0x50;
  constexpr std::uint32_t last = 0x1800;
  for (std::uint32_t segment = first; segment < last; ++segment) {
    if (low.byte(segment * kParagraph) != 'M') continue;
    std::vector<DosBlock> found = chain_from(low, segment);
    if (found.size() > 2) return found;
  }
  return {};
}

// The list of lists: it ends with the header of the device NUL, which gives it away, and the word
// in front of it is the first memory control block. [RBIL] table 01627
struct Lists {
  std::size_t at = 0;
  std::vector<DosBlock> blocks;
};
std::optional<Lists> find_lists(const LowMemory& low) {
  constexpr std::size_t nul_header = 0x22;
  constexpr std::size_t name = 10;
  constexpr std::uint16_t character_device = 0x8000;
  constexpr std::uint16_t nul_device = 0x0004;
  constexpr std::size_t longest = 0x100000;
  for (auto at = low.find("NUL     ", 0x500); at && *at < longest;
       at = low.find("NUL     ", *at + 1)) {
    const std::size_t header = *at - name;
    const std::uint16_t attributes = low.word(header + 4);
    if ((attributes & character_device) == 0 || (attributes & nul_device) == 0) continue;
    std::vector<DosBlock> blocks = chain_from(low, low.word(header - nul_header - 2));
    if (!blocks.empty()) return Lists{header - nul_header, std::move(blocks)};
  }
  return std::nullopt;
}

// [RBIL] table 01378
std::vector<DosProgram> programs_of(const LowMemory& low, const std::vector<DosBlock>& blocks) {
  std::vector<DosProgram> programs;
  for (const DosBlock& block : blocks) {
    const std::size_t psp = (block.segment + std::size_t{1}) * kParagraph;
    constexpr std::uint16_t int_20 = 0x20CD;
    if (!block.program() || low.word(psp) != int_20) continue;
    DosProgram program;
    program.psp = block.owner;
    program.parent = low.word(psp + 0x16);
    program.name = block.name;
    const std::string tail = low.text(psp + 0x81, std::min<std::size_t>(low.byte(psp + 0x80), 126));
    program.arguments = tail.substr(std::min(tail.find_first_not_of(' '), tail.size()));
    const std::size_t table = low.target(psp + 0x34);
    const std::size_t handles = std::min<std::size_t>(low.word(psp + 0x32), 255);
    for (std::size_t i = 0; i < handles; ++i)
      program.handles += low.byte(table + i) != 0xFF ? 1U : 0U;
    programs.push_back(std::move(program));
  }
  return programs;
}

// [RBIL] tables 01639 (DOS 3.1 to 3.3, 35h bytes) and 01641 (from 4 on, 3Bh bytes): what is shown
// here lies at the same places in both.
constexpr std::size_t kEntries = 6;  // behind the next table's address and the count

std::optional<std::string> file_name(const LowMemory& low, std::size_t entry) {
  const std::string name = low.text(entry + 0x20, 11);
  if (name.size() != 11 || name[0] == ' ') return std::nullopt;
  const std::string extension = trimmed(name.substr(8));
  return trimmed(name.substr(0, 8)) + (extension.empty() ? "" : "." + extension);
}

// The table's second entry, one of DOS's own devices, tells.
std::size_t file_entry_size(const LowMemory& low, std::size_t table) {
  constexpr std::size_t old_size = 0x35;
  constexpr std::size_t size = 0x3B;
  const auto plausible = [&](std::size_t bytes) {
    return low.word(table + kEntries + bytes) != 0 &&
           file_name(low, table + kEntries + bytes).has_value();
  };
  return !plausible(size) && plausible(old_size) ? old_size : size;
}

std::vector<DosFile> files_of(const LowMemory& low, std::size_t lists) {
  std::vector<DosFile> files;
  std::size_t table = low.target(lists + 4);
  const std::size_t size = file_entry_size(low, table);
  constexpr int most_tables = 32;
  for (int i = 0; i < most_tables; ++i) {
    const std::size_t count = std::min<std::size_t>(low.word(table + 4), 255);
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t entry = table + kEntries + n * size;
      const unsigned references = low.word(entry);
      constexpr unsigned being_opened = 0xFFFF;
      const auto name = file_name(low, entry);
      if (references == 0 || references == being_opened || !name) continue;
      const std::uint16_t information = low.word(entry + 5);
      DosFile file;
      file.name = *name;
      file.device = (information & 0x80) != 0;
      if (!file.device) file.drive = static_cast<char>('A' + std::min(information & 0x3F, 25));
      file.references = references;
      file.access = static_cast<std::uint8_t>(low.word(entry + 2) & 3);
      file.size = low.dword(entry + 0x11);
      file.position = low.dword(entry + 0x15);
      file.owner = low.word(entry + 0x31);
      files.push_back(std::move(file));
    }
    constexpr std::uint16_t last_table = 0xFFFF;
    if (low.word(table) == last_table) break;
    table = low.target(table);
  }
  return files;
}

// [RBIL] table 01643: 51h bytes before DOS 4, 58h since.
std::vector<DosDrive> drives_of(const LowMemory& low, std::size_t lists) {
  constexpr std::size_t path = 67;
  constexpr std::size_t old_size = 0x51;
  const std::size_t table = low.target(lists + 0x16);
  const std::size_t count = std::min<std::size_t>(low.byte(lists + 0x21), 32);
  // Every entry begins with its letter, in use or not.
  const std::size_t size = low.text(table + old_size, 2) == "B:" ? old_size : 0x58;
  std::vector<DosDrive> drives;
  for (std::size_t i = 0; i < count; ++i) {
    constexpr unsigned network = 0x8000;
    constexpr unsigned physical = 0x4000;
    constexpr unsigned joined = 0x2000;
    constexpr unsigned substituted = 0x1000;
    const unsigned flags = low.word(table + i * size + path);
    std::string directory = low.text(table + i * size, path);
    if ((flags & (network | physical)) == 0 || directory.empty()) continue;
    using Kind = DosDrive::Kind;
    const Kind kind = (flags & substituted) != 0 ? Kind::substituted
                      : (flags & joined) != 0    ? Kind::joined
                      : (flags & network) != 0   ? Kind::network
                                                 : Kind::physical;
    drives.push_back({static_cast<char>('A' + i), kind, std::move(directory)});
  }
  return drives;
}

}  // namespace

const char* name_of(DosDrive::Kind kind) {
  switch (kind) {
    case DosDrive::Kind::physical:
      return "physical";
    case DosDrive::Kind::network:
      return "network";
    case DosDrive::Kind::joined:
      return "joined";
    case DosDrive::Kind::substituted:
      return "substituted";
  }
  return "";
}

std::optional<DosMemory> read_dos(const cpu::Registers& registers, const cpu::Memory& memory) {
  const LowMemory low(registers, memory);
  DosMemory dos;
  if (auto lists = find_lists(low)) {
    dos.lists = true;
    dos.blocks = std::move(lists->blocks);
    dos.files = files_of(low, lists->at);
    dos.drives = drives_of(low, lists->at);
  } else {
    dos.blocks = some_chain(low);
  }
  if (dos.blocks.empty()) return std::nullopt;
  // Blocks of DOS itself carry marks of its own there ("SD", "SC").
  for (DosBlock& block : dos.blocks) {
    if (block.owner == kOwnerDos) block.name = "DOS " + block.name;
    if (block.free()) block.name.clear();
  }
  dos.programs = programs_of(low, dos.blocks);
  return dos;
}

}  // namespace emu
