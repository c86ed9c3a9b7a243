#include "emu/breakpoint.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "emu/command_line.h"
#include "emu/run_options.h"
#include "emu/units.h"

namespace emu {

namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw UsageError("breakpoint '" + std::string(text) + "': " + why);
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
  if (base == 16 && (text.starts_with("0x") || text.starts_with("0X"))) text.remove_prefix(2);
  if (base == 16 && (text.ends_with('h') || text.ends_with('H'))) text.remove_suffix(1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const bool quoted = text.starts_with('"');
    if (quoted) text.remove_prefix(1);
    const std::size_t end = std::min(text.find(quoted ? '"' : ' '), text.size());
    if (end != 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

struct RegisterName {
  std::string_view name;
  cpu::RegisterIndex index;
  std::uint8_t shift;
  std::uint32_t mask;
};
// clang-format off
constexpr std::array kRegisterNames = {
    RegisterName{"al", cpu::kEax, 0, 0xFF}, RegisterName{"ah", cpu::kEax, 8, 0xFF},
    RegisterName{"bl", cpu::kEbx, 0, 0xFF}, RegisterName{"bh", cpu::kEbx, 8, 0xFF},
    RegisterName{"cl", cpu::kEcx, 0, 0xFF}, RegisterName{"ch", cpu::kEcx, 8, 0xFF},
    RegisterName{"dl", cpu::kEdx, 0, 0xFF}, RegisterName{"dh", cpu::kEdx, 8, 0xFF},
    RegisterName{"ax", cpu::kEax, 0, 0xFFFF}, RegisterName{"bx", cpu::kEbx, 0, 0xFFFF},
    RegisterName{"cx", cpu::kEcx, 0, 0xFFFF}, RegisterName{"dx", cpu::kEdx, 0, 0xFFFF},
    RegisterName{"si", cpu::kEsi, 0, 0xFFFF}, RegisterName{"di", cpu::kEdi, 0, 0xFFFF},
    RegisterName{"bp", cpu::kEbp, 0, 0xFFFF}, RegisterName{"sp", cpu::kEsp, 0, 0xFFFF},
    RegisterName{"eax", cpu::kEax, 0, 0xFFFFFFFF}, RegisterName{"ebx", cpu::kEbx, 0, 0xFFFFFFFF},
    RegisterName{"ecx", cpu::kEcx, 0, 0xFFFFFFFF}, RegisterName{"edx", cpu::kEdx, 0, 0xFFFFFFFF},
};
// clang-format on

Breakpoint::Condition parse_condition(std::string_view text, std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) refuse(text, "'" + std::string(word) + "' is unknown");
  const auto row = std::ranges::find(kRegisterNames, word.substr(0, equals), &RegisterName::name);
  if (row == kRegisterNames.end()) {
    refuse(text, "'" + std::string(word.substr(0, equals)) + "' is not a register");
  }
  const auto value = number(word.substr(equals + 1), 16);
  if (!value || *value > row->mask) {
    refuse(text, "'" + std::string(word.substr(equals + 1)) + "' is no value for " +
                     std::string(row->name));
  }
  return {row->index, row->shift, row->mask, static_cast<std::uint32_t>(*value)};
}

// "f000:e05b" or a linear address.
std::uint64_t parse_address(std::string_view text, std::string_view word) {
  const std::size_t colon = word.find(':');
  const auto whole = [&](std::string_view part, std::uint64_t limit) {
    const auto value = number(part, 16);
    if (!value || *value > limit) refuse(text, "'" + std::string(word) + "' is not an address");
    return *value;
  };
  if (colon == std::string_view::npos) return whole(word, 0xFFFFFFFF);
  return whole(word.substr(0, colon), 0xFFFF) * 16 + whole(word.substr(colon + 1), 0xFFFF);
}

// "600", "600..6ff", "40:6c..6f"
void parse_memory_range(std::string_view text, std::string_view word, Breakpoint& out) {
  const std::size_t dots = word.find("..");
  const std::string_view first = word.substr(0, dots);
  out.first = out.last = parse_address(text, first);
  if (dots == std::string_view::npos) return;
  // The end of a range that began with a segment is an offset in it.
  std::string last(word.substr(dots + 2));
  const std::size_t colon = first.find(':');
  if (colon != std::string_view::npos && last.find(':') == std::string::npos)
    last = std::string(first.substr(0, colon + 1)) + last;
  out.last = parse_address(text, last);
  if (out.last < out.first) refuse(text, "'" + std::string(word) + "' ends before it begins");
}

// "5", "0..62"
void parse_range(std::string_view text, std::string_view word, int base, Breakpoint& out) {
  const std::size_t dots = word.find("..");
  const auto first = number(word.substr(0, dots), base);
  const auto last = dots == std::string_view::npos ? first : number(word.substr(dots + 2), base);
  if (!first || !last || *first > *last) {
    refuse(text, "'" + std::string(word) + "' is not a number or a range such as 0..62");
  }
  out.first = *first;
  out.last = *last;
}

class Words {
 public:
  Words(std::string_view text, std::vector<std::string_view> words)
      : text_(text), words_(std::move(words)) {}
  bool empty() const { return at_ == words_.size(); }
  std::string_view next(const char* what) {
    if (empty()) refuse(text_, std::string(what) + " is missing");
    return words_[at_++];
  }
  bool take(std::string_view word) {
    if (empty() || words_[at_] != word) return false;
    ++at_;
    return true;
  }

 private:
  std::string_view text_;
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
};

void parse_direction(Words& words, Breakpoint& out) {
  if (words.take("read")) {
    out.writes = false;
  } else if (words.take("write")) {
    out.reads = false;
  } else {
    words.take("access");
  }
}

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// "C:/DOS/FORMAT.COM"; or a drive and "/DOS/FORMAT.COM", "2:/DOS/FORMAT.COM".
void parse_file(std::string_view text, Words& words, FileName& out) {
  std::string_view word = words.next("the file");
  if (word.size() > 2 && is_letter(word[0]) && word[1] == ':') {
    const char letter = static_cast<char>(word[0] & ~0x20);
    out.letter = letter < 'C' ? '\0' : letter;
    out.slot = letter == 'B' ? DriveSlot::fd1 : DriveSlot::fd0;
    word.remove_prefix(2);
  } else {
    out.slot = parse_slot(std::string(word));
    word = words.next("the file's path");
    const std::size_t colon = word.find(':');
    if (colon != std::string_view::npos) {
      const auto partition = number(word.substr(0, colon), 10);
      if (!partition || *partition > 0xFF)
        refuse(text, "'" + std::string(word.substr(0, colon)) + "' is no partition's number");
      out.partition = static_cast<unsigned>(*partition);
      word.remove_prefix(colon + 1);
    }
  }
  out.path = word;
  std::ranges::replace(out.path, '\\', '/');
  if (out.path.size() < 2 || out.path[0] != '/')
    refuse(text, "'" + std::string(word) + "' is no path from the root, such as /CONFIG.SYS");
}

bool touches(std::uint64_t first, std::uint64_t last, std::uint64_t from, std::uint64_t count) {
  return from <= last && from + count > first;
}

bool repeats(std::uint8_t opcode) {
  return opcode == 0xF2 || opcode == 0xF3;
}

}  // namespace

std::string describe(const MemoryHit& hit) {
  const cpu::MemoryAccess& access = hit.access;
  const unsigned digits = 2 * std::min(access.size, 4U);
  const std::string who = (access.own ? "the processor itself, at " : "") + hex(hit.cs, 4) + ":" +
                          hex(hit.eip, hit.eip > 0xFFFF ? 8 : 4);
  const std::string where = hex(access.linear, 8);
  if (!access.write) return who + " read " + hex(access.after, digits) + " from " + where;
  return who + " wrote " + hex(access.after, digits) + " to " + where + ", was " +
         hex(access.before, digits);
}

Breakpoint parse_breakpoint(std::string_view text) {
  Words words(text, split(text));
  Breakpoint out;
  const std::string_view kind = words.next("exec, int, port, mem, phys, disk or file");
  if (kind == "exec") {
    out.first = out.last = parse_address(text, words.next("the address"));
  } else if (kind == "int") {
    out.kind = Breakpoint::Kind::interrupt;
    parse_range(text, words.next("the interrupt's number"), 16, out);
    if (out.last > 0xFF) refuse(text, "interrupts are 0 to ff");
  } else if (kind == "port") {
    out.kind = Breakpoint::Kind::port;
    parse_range(text, words.next("the port"), 16, out);
    if (out.last > 0xFFFF) refuse(text, "ports are 0 to ffff");
    parse_direction(words, out);
  } else if (kind == "mem" || kind == "phys") {
    out.kind = Breakpoint::Kind::memory;
    out.physical = kind == "phys";
    parse_memory_range(text, words.next("the address"), out);
    parse_direction(words, out);
  } else if (kind == "disk") {
    out.kind = Breakpoint::Kind::disk;
    out.slot = parse_slot(std::string(words.next("the drive")));
    out.last = ~std::uint64_t{0};
    parse_direction(words, out);
    if (words.take("lba")) parse_range(text, words.next("the LBA"), 10, out);
  } else if (kind == "file") {
    out.kind = Breakpoint::Kind::file;
    parse_file(text, words, out.file);
    parse_direction(words, out);
  } else {
    refuse(text, "'" + std::string(kind) + "' is none of exec, int, port, mem, phys, disk, file");
  }
  while (!words.empty()) {
    out.conditions.push_back(parse_condition(text, words.next("a condition")));
  }
  return out;
}

unsigned BreakpointSet::add(Breakpoint breakpoint) {
  rows_.push_back({next_id_, std::move(breakpoint), std::nullopt});
  count();
  return next_id_++;
}

void BreakpointSet::remove(unsigned id) {
  std::erase_if(rows_, [&](const Row& row) { return row.id == id; });
  count();
}

void BreakpointSet::count() {
  instruction_count_ = 0;
  port_count_ = 0;
  memory_count_ = 0;
  for (const Row& row : rows_) {
    if (row.breakpoint.before_instruction()) ++instruction_count_;
    if (row.breakpoint.kind == Breakpoint::Kind::port) ++port_count_;
    if (row.breakpoint.kind == Breakpoint::Kind::memory) ++memory_count_;
  }
}

bool BreakpointSet::hit(const Row& row, const cpu::Registers& registers) {
  const bool met = std::ranges::all_of(row.breakpoint.conditions, [&](const auto& condition) {
    return ((registers.general[condition.index] >> condition.shift) & condition.mask) ==
           condition.value;
  });
  // Twice in one instruction is one hit.
  if (met && std::ranges::find(hits_, row.id) == hits_.end()) hits_.push_back(row.id);
  return met;
}

void BreakpointSet::instruction(const cpu::Cpu& processor, const cpu::Memory& memory) {
  const cpu::Registers registers = processor.registers();
  const std::uint64_t now = processor.instructions();
  const std::uint32_t address = registers.segments[cpu::kCs].base + registers.eip;
  const std::uint64_t before = std::exchange(previous_address_, address);
  if (std::exchange(stopped_at_, ~std::uint64_t{0}) == now) return;

  std::array<std::uint8_t, 2> bytes{};
  memory.peek(address, bytes);
  // Each round of a repeated string instruction counts as an instruction; it begins only once.
  if (before == address && repeats(bytes[0])) return;
  constexpr std::uint8_t int_n = 0xCD;
  constexpr std::uint8_t int3 = 0xCC;
  for (const Row& row : rows_) {
    const Breakpoint& breakpoint = row.breakpoint;
    if (breakpoint.kind == Breakpoint::Kind::execute && breakpoint.first == address) {
      hit(row, registers);
    } else if (breakpoint.kind == Breakpoint::Kind::interrupt) {
      const bool there =
          (bytes[0] == int_n && touches(breakpoint.first, breakpoint.last, bytes[1], 1)) ||
          (bytes[0] == int3 && touches(breakpoint.first, breakpoint.last, 3, 1));
      if (there) hit(row, registers);
    }
  }
  if (any_hit()) stopped_at_ = now;
}

void BreakpointSet::port(std::uint16_t port, bool write, const cpu::Cpu& processor) {
  for (const Row& row : rows_) {
    const Breakpoint& breakpoint = row.breakpoint;
    if (breakpoint.kind != Breakpoint::Kind::port) continue;
    if (write ? !breakpoint.writes : !breakpoint.reads) continue;
    if (touches(breakpoint.first, breakpoint.last, port, 1)) hit(row, processor.registers());
  }
}

bool BreakpointSet::watches_page(std::uint32_t linear, std::uint32_t physical) const {
  return std::ranges::any_of(rows_, [&](const Row& row) {
    const Breakpoint& breakpoint = row.breakpoint;
    return breakpoint.kind == Breakpoint::Kind::memory &&
           touches(breakpoint.first, breakpoint.last, breakpoint.physical ? physical : linear,
                   cpu::kPageSize);
  });
}

bool BreakpointSet::memory(const cpu::MemoryAccess& access, const cpu::Cpu& processor) {
  bool any = false;
  for (const Row& row : rows_) {
    const Breakpoint& breakpoint = row.breakpoint;
    if (breakpoint.kind != Breakpoint::Kind::memory) continue;
    if (access.write ? !breakpoint.writes : !breakpoint.reads) continue;
    const std::uint32_t address = breakpoint.physical ? access.physical : access.linear;
    if (!touches(breakpoint.first, breakpoint.last, address, access.size)) continue;
    const cpu::Registers registers = processor.registers();
    if (!hit(row, registers)) continue;
    any = true;
    if (memory_hit_) continue;
    memory_hit_ = {row.id, access, registers.segments[cpu::kCs].selector, processor.current_eip()};
  }
  return any;
}

void BreakpointSet::find_files(FileWatch::Taps taps) {
  for (Row& row : rows_) {
    if (row.breakpoint.kind != Breakpoint::Kind::file || row.file) continue;
    row.file.emplace(row.breakpoint.file).look(taps);
  }
}

void BreakpointSet::disk(FileWatch::Taps taps, DriveSlot slot, const DriveAccess& access,
                         const cpu::Cpu& processor) {
  for (Row& row : rows_) {
    const Breakpoint& breakpoint = row.breakpoint;
    if (breakpoint.kind == Breakpoint::Kind::file && row.file) {
      const FileWatch::Touched touched = row.file->touched(taps, slot, access);
      if ((touched.read && breakpoint.reads) || (touched.written && breakpoint.writes))
        hit(row, processor.registers());
    }
    if (breakpoint.kind != Breakpoint::Kind::disk || breakpoint.slot != slot) continue;
    if (access.write ? !breakpoint.writes : !breakpoint.reads) continue;
    if (touches(breakpoint.first, breakpoint.last, access.lba, access.count))
      hit(row, processor.registers());
  }
}

}  // namespace emu
