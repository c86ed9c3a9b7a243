#include "emu/execution_log.h"

#include <algorithm>
#include <cctype>

#include "emu/units.h"

namespace emu {

namespace {

// Seconds with nine decimals.
std::string time_text(devices::Nanoseconds time) {
  const auto whole = static_cast<std::uint64_t>(time / devices::kSecond);
  std::string rest = std::to_string(static_cast<std::uint64_t>(time % devices::kSecond));
  rest.insert(0, 9 - rest.size(), '0');
  return std::to_string(whole) + "." + rest;
}

std::string address_text(std::uint16_t cs, std::uint32_t eip, bool wide) {
  return hex(cs, 4) + ":" + hex(eip, wide ? 8 : 4);
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string changes(const ExecutedInstruction& entry, const ExecutedInstruction& next) {
  constexpr std::array<const char*, 8> names = {"AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI"};
  constexpr std::array<const char*, 6> segments = {"ES", "CS", "SS", "DS", "FS", "GS"};
  std::string out;
  for (std::size_t n = 0; n < names.size(); ++n) {
    const std::uint32_t now = next.general[n];
    if (now == entry.general[n]) continue;
    const bool high = (now ^ entry.general[n]) > 0xFFFF || entry.wide;
    out += std::string(" ") + (high ? "E" : "") + names[n] + "=" + hex(now, high ? 8 : 4);
  }
  for (std::size_t n = 0; n < segments.size(); ++n) {
    if (next.segments[n] != entry.segments[n])
      out += std::string(" ") + segments[n] + "=" + hex(next.segments[n], 4);
  }
  if (next.eflags != entry.eflags) out += " FL=" + hex(next.eflags, 4);
  return out;
}

template <class Entry, class Line>
std::vector<std::string> latest(const Ring<Entry>& ring, std::string_view filter, std::size_t most,
                                std::size_t look, Line line) {
  std::vector<std::string> out;
  for (std::size_t n = 0; n < std::min(look, ring.size()) && out.size() < most; ++n) {
    std::string words = line(ring.size() - 1 - n);
    if (passes(words, filter)) out.push_back(std::move(words));
  }
  std::ranges::reverse(out);
  return out;
}

}  // namespace

std::string describe(const ExecutedInstruction& entry, const ExecutedInstruction* next,
                     const Disassembler& disassembler) {
  const Instruction instruction = disassembler.decode(entry.bytes, entry.eip, entry.wide);
  std::string bytes;
  for (unsigned n = 0; n < instruction.length; ++n) bytes += hex(entry.bytes[n], 2);
  std::string out = time_text(entry.time) + "  " + std::to_string(entry.number) + "  " +
                    (entry.interrupt ? "> " : "  ") +
                    address_text(entry.cs, entry.eip, entry.wide) + "  " + padded(bytes, 14) + " " +
                    padded(instruction.mnemonic + " " + instruction.operands, 30);
  if (next != nullptr) out += changes(entry, *next);
  return out;
}

std::string describe(const PortAccess& entry) {
  std::string out = time_text(entry.time) + "  " +
                    address_text(entry.cs, entry.eip, entry.eip > 0xFFFF) +
                    (entry.write ? "  out " : "  in  ") + hex(entry.port, 4) + "  " +
                    padded(hex(entry.value, 2U * entry.size), 8);
  if (entry.count > 1) out += " and " + std::to_string(entry.count - 1) + " words more";
  const std::string name = port_name(entry.port);
  return name.empty() ? out : out + "  " + name;
}

bool passes(std::string_view line, std::string_view filter) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  while (!filter.empty()) {
    const std::size_t end = std::min(filter.find(' '), filter.size());
    const std::string_view word = filter.substr(0, end);
    if (std::ranges::search(line, word, same).empty() && !word.empty()) return false;
    filter.remove_prefix(std::min(end + 1, filter.size()));
  }
  return true;
}

std::vector<std::string> latest_lines(const InstructionTrace& trace,
                                      const Disassembler& disassembler, std::string_view filter,
                                      std::size_t most, std::size_t look) {
  return latest(trace, filter, most, look, [&](std::size_t n) {
    return describe(trace[n], n + 1 < trace.size() ? &trace[n + 1] : nullptr, disassembler);
  });
}

std::vector<std::string> latest_lines(const PortLog& log, std::string_view filter, std::size_t most,
                                      std::size_t look) {
  return latest(log, filter, most, look, [&](std::size_t n) { return describe(log[n]); });
}

}  // namespace emu
