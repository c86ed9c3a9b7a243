#include "emu/gdb_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <compare>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "emu/debugger.h"
#include "emu/linear_memory.h"
#include "emu/run_options.h"

namespace emu {

namespace {

constexpr std::size_t kLongestPacket = 16384;
constexpr devices::Nanoseconds kSlice = 2 * devices::kMillisecond;
constexpr std::size_t kMostMemory = 4096;  // bytes a packet

class Socket {
 public:
  explicit Socket(int handle = -1) : handle_(handle) {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      close();
      handle_ = std::exchange(other.handle_, -1);
    }
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int get() const { return handle_; }
  bool open() const { return handle_ >= 0; }
  void close() {
    if (handle_ >= 0) ::close(handle_);
    handle_ = -1;
  }
  bool readable(int milliseconds) const {
    pollfd wait{handle_, POLLIN, 0};
    return poll(&wait, 1, milliseconds) > 0;
  }

 private:
  int handle_;
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Endpoint {
  std::string host = "127.0.0.1";  // nobody else's business unless asked for
  std::uint16_t port = 0;
};

Endpoint parse_endpoint(const std::string& where) {
  Endpoint out;
  const std::size_t colon = where.rfind(':');
  const std::string port = colon == std::string::npos ? where : where.substr(colon + 1);
  if (colon != std::string::npos && colon != 0) out.host = where.substr(0, colon);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (port.empty() || error != std::errc() || end != port.data() + port.size() || value > 65535) {
    throw UsageError("gdb '" + where + "' must be a port such as :1234");
  }
  out.port = static_cast<std::uint16_t>(value);
  return out;
}

Socket listen_at(const Endpoint& where) {
  Socket listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener.open()) fail("gdb: socket");
  const int yes = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(where.port);
  if (inet_pton(AF_INET, where.host.c_str(), &address.sin_addr) != 1) {
    throw UsageError("gdb: '" + where.host + "' is no IPv4 address");
  }
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("gdb: port " + std::to_string(where.port));
  }
  if (listen(listener.get(), 1) != 0) fail("gdb: listen");
  socklen_t size = sizeof address;
  getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  std::cerr << "platter: gdb: waiting at " << where.host << ":" << ntohs(address.sin_port)
            << "; the machine stands at reset\n";
  return listener;
}

constexpr std::string_view kDigits = "0123456789abcdef";

void add_byte(std::string& out, std::uint8_t byte) {
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}
void add_word(std::string& out, std::uint64_t value, std::size_t bytes) {  // little endian
  for (std::size_t i = 0; i < bytes; ++i)
    add_byte(out, static_cast<std::uint8_t>(value >> (8 * i)));
}

std::string hex_of(std::uint32_t value) {
  std::array<char, 8> words{};
  return {words.data(), std::to_chars(words.data(), words.data() + words.size(), value, 16).ptr};
}

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// Takes a hexadecimal number off the front.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  std::size_t used = 0;
  while (used < text.size() && used < 16) {
    const auto d = digit(text[used]);
    if (!d) break;
    value = value << 4 | *d;
    ++used;
  }
  if (used == 0) return std::nullopt;
  text.remove_prefix(used);
  return value;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

std::optional<std::vector<std::uint8_t>> bytes_of(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = digit(text[i]);
    const auto low = digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
  }
  return out;
}

// gdb knows org.gnu.gdb.i386.core by these names in this order.
std::string target_description() {
  std::string out =
      "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">"
      "<architecture>i386</architecture><feature name=\"org.gnu.gdb.i386.core\">";
  const auto reg = [&](const std::string& name, unsigned bits, const char* type) {
    out += "<reg name=\"" + name + "\" bitsize=\"" + std::to_string(bits) + "\" type=\"" + type +
           "\"/>";
  };
  for (const char* name : {"eax", "ecx", "edx", "ebx"}) reg(name, 32, "int32");
  for (const char* name : {"esp", "ebp"}) reg(name, 32, "data_ptr");
  for (const char* name : {"esi", "edi"}) reg(name, 32, "int32");
  reg("eip", 32, "code_ptr");
  for (const char* name : {"eflags", "cs", "ss", "ds", "es", "fs", "gs"}) reg(name, 32, "int32");
  for (int i = 0; i < 8; ++i) reg("st" + std::to_string(i), 80, "i387_ext");
  for (const char* name : {"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"}) {
    reg(name, 32, "int");
  }
  return out + "</feature></target>";
}

constexpr std::array kSegmentOrder = {cpu::kCs, cpu::kSs, cpu::kDs, cpu::kEs, cpu::kFs, cpu::kGs};
constexpr std::size_t kEip = 8;
constexpr std::size_t kEflags = 9;
constexpr std::size_t kFirstSegment = 10;
constexpr std::size_t kFirstFloat = 16;
constexpr std::size_t kRegisters = 32;

class Server {
 public:
  Server(Machine& machine, bool history, const std::atomic<bool>& interrupted)
      : machine_(machine), debugger_(machine), interrupted_(interrupted) {
    if (history) debugger_.keep_history(true);
  }

  Verdict serve(const Socket& listener) {
    while (!interrupted_ && !verdict_) {
      if (!listener.readable(100)) continue;
      client_ = Socket(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client_.open()) continue;
      const int yes = 1;
      setsockopt(client_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      input_.clear();
      acknowledge_ = true;
      talk();
      client_.close();
      if (running_) run_alone(listener);
    }
    if (verdict_) return *verdict_;
    return {"interrupted", kExitInterrupted, "interrupted"};
  }

 private:
  // ---- packets ----

  void talk() {
    while (client_.open() && !interrupted_ && !verdict_) {
      if (running_) {
        run_slice();
        if (!client_.readable(0)) continue;
      } else if (!client_.readable(100)) {
        continue;
      }
      if (!receive()) return;
      while (const auto packet = next_packet()) handle(*packet);
    }
  }

  // After a detach: the guest goes on until the next gdb comes.
  void run_alone(const Socket& listener) {
    while (running_ && !interrupted_ && !verdict_ && !listener.readable(0)) run_slice();
    running_ = false;
  }

  bool receive() {
    std::array<char, 4096> buffer{};
    const ssize_t got = recv(client_.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      client_.close();
      return false;
    }
    input_.append(buffer.data(), static_cast<std::size_t>(got));
    if (input_.size() > 4 * kLongestPacket) input_.clear();  // no packet is that long
    return true;
  }

  // "$data#cs", or an interrupt out of band.
  std::optional<std::string> next_packet() {
    while (!input_.empty()) {
      if (input_[0] == '\x03') {
        input_.erase(0, 1);
        if (running_ || std::exchange(broken_off_, false)) stop("S02");
        continue;
      }
      if (input_[0] != '$') {
        input_.erase(0, 1);
        continue;
      }
      const std::size_t end = input_.find('#');
      if (end == std::string::npos || end + 2 >= input_.size()) return std::nullopt;
      std::string data = input_.substr(1, end - 1);
      const auto high = digit(input_[end + 1]);
      const auto low = digit(input_[end + 2]);
      input_.erase(0, end + 3);
      const bool sound = high && low && sum_of(data) == (*high << 4 | *low);
      if (acknowledge_) send_raw(sound ? "+" : "-");
      if (sound) return data;
    }
    return std::nullopt;
  }

  static unsigned sum_of(std::string_view data) {
    unsigned sum = 0;
    for (const char c : data) sum += static_cast<unsigned char>(c);
    return sum & 255;
  }

  void send_raw(std::string_view data) {
    while (!data.empty() && client_.open()) {
      const ssize_t sent = ::send(client_.get(), data.data(), data.size(), MSG_NOSIGNAL);
      if (sent <= 0) return client_.close();
      data.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void reply(std::string_view data) {
    std::string packet = "$" + std::string(data) + "#";
    add_byte(packet, static_cast<std::uint8_t>(sum_of(data)));
    send_raw(packet);
  }

  // ---- commands ----

  void handle(std::string_view packet) {
    if (packet.empty()) return reply("");
    const char command = packet.front();
    std::string_view rest = packet.substr(1);
    switch (command) {
      case '?':
        return reply("S05");
      case 'g':
        return read_all_registers();
      case 'G':
        return write_all_registers(rest);
      case 'p':
        return read_register(rest);
      case 'P':
        return write_register(rest);
      case 'm':
        return read_memory(rest);
      case 'M':
        return write_memory(rest);
      case 's':
        return step();
      case 'c':
        running_ = true;
        return;
      case 'b':
        return go_back(rest);
      case 'Z':
      case 'z':
        return breakpoint(command == 'Z', rest);
      case 'D':
        reply("OK");
        running_ = true;
        return client_.close();
      case 'k':
        verdict_ = Verdict{"killed", kExitOk, ""};
        return;
      case 'H':
      case 'T':
        return reply("OK");
      case 'v':
        return verbose(rest);
      case 'q':
        return query(rest);
      case 'Q':
        if (rest == "StartNoAckMode") {
          reply("OK");
          acknowledge_ = false;
          return;
        }
        return reply("");
      default:
        return reply("");
    }
  }

  void verbose(std::string_view rest) {
    if (rest == "Cont?") return reply("vCont;c;C;s;S");
    if (!take(rest, "Cont;")) return reply("");
    if (rest.starts_with('s') || rest.starts_with('S')) return step();
    running_ = true;
  }

  void query(std::string_view rest) {
    if (rest.starts_with("Supported")) {
      std::string known = "PacketSize=2000;qXfer:features:read+;QStartNoAckMode+;vContSupported+";
      if (debugger_.history() != nullptr) known += ";ReverseStep+;ReverseContinue+";
      return reply(known);
    }
    if (take(rest, "Xfer:features:read:target.xml:")) return part_of(target_description(), rest);
    if (rest == "Attached") return reply("1");
    if (rest == "C") return reply("QC1");
    if (rest == "fThreadInfo") return reply("m1");
    if (rest == "sThreadInfo") return reply("l");
    reply("");
  }

  void part_of(const std::string& whole, std::string_view range) {
    const auto offset = take_number(range);
    if (!offset || !take(range, ",")) return reply("E01");
    const auto length = take_number(range);
    if (!length) return reply("E01");
    if (*offset >= whole.size()) return reply("l");
    const std::string part = whole.substr(*offset, std::min<std::uint64_t>(*length, kMostMemory));
    reply((*offset + part.size() < whole.size() ? "m" : "l") + part);
  }

  // ---- registers ----

  std::string register_text(std::size_t number, const cpu::Registers& r,
                            const cpu::X87State& x87) const {
    std::string out;
    if (number < kEip) {
      add_word(out, r.general[number], 4);
    } else if (number == kEip) {
      add_word(out, r.segments[cpu::kCs].base + r.eip, 4);
    } else if (number == kEflags) {
      add_word(out, r.eflags, 4);
    } else if (number < kFirstFloat) {
      add_word(out, r.segments[kSegmentOrder[number - kFirstSegment]].selector, 4);
    } else if (number < kFirstFloat + 8) {
      const unsigned top = x87.status >> 11 & 7;
      const cpu::X87State::Register& st = x87.registers[(top + (number - kFirstFloat)) & 7];
      add_word(out, st.mantissa, 8);
      add_word(out, st.head, 2);
    } else {
      std::uint16_t tags = 0;  // 3: empty
      for (unsigned i = 0; i < 8; ++i) {
        if ((x87.used >> i & 1) == 0) tags = static_cast<std::uint16_t>(tags | 3U << (2 * i));
      }
      const std::array<std::uint32_t, 8> words = {x87.control,
                                                  x87.status,
                                                  tags,
                                                  x87.instruction_selector,
                                                  x87.instruction_offset,
                                                  x87.operand_selector,
                                                  x87.operand_offset,
                                                  x87.opcode};
      add_word(out, words[number - kFirstFloat - 8], 4);
    }
    return out;
  }

  void read_all_registers() {
    std::string out;
    const cpu::Registers registers = machine_.processor().registers();
    const cpu::X87State x87 = machine_.processor().x87();
    for (std::size_t i = 0; i < kRegisters; ++i) out += register_text(i, registers, x87);
    reply(out);
  }

  void read_register(std::string_view rest) {
    const auto number = take_number(rest);
    if (!number || *number >= kRegisters) return reply("E01");
    reply(register_text(*number, machine_.processor().registers(), machine_.processor().x87()));
  }

  // Segments stay: a selector alone does not say what a descriptor would. False: not to be written.
  static bool set_register(cpu::Registers& r, std::size_t number, std::uint32_t value) {
    if (number < kEip) {
      r.general[number] = value;
    } else if (number == kEip) {
      r.eip = value - r.segments[cpu::kCs].base;
    } else if (number == kEflags) {
      r.eflags = value;
    } else {
      return false;
    }
    return true;
  }

  static std::uint32_t word_of(std::span<const std::uint8_t> bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4 && i < bytes.size(); ++i)
      value |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
    return value;
  }

  void write_register(std::string_view rest) {
    const auto number = take_number(rest);
    if (!number || !take(rest, "=")) return reply("E01");
    const auto bytes = bytes_of(rest);
    if (!bytes || bytes->size() < 4) return reply("E01");
    cpu::Registers registers = machine_.processor().registers();
    if (!set_register(registers, *number, word_of(*bytes))) return reply("E02");
    machine_.set_registers(registers);
    reply("OK");
  }

  void write_all_registers(std::string_view rest) {
    const auto bytes = bytes_of(rest);
    if (!bytes || bytes->size() < 40) return reply("E01");
    cpu::Registers registers = machine_.processor().registers();
    for (std::size_t i = 0; i <= kEflags; ++i)
      set_register(registers, i, word_of(std::span(*bytes).subspan(i * 4, 4)));
    machine_.set_registers(registers);
    reply("OK");
  }

  // ---- memory ----

  void read_memory(std::string_view rest) {
    const auto address = take_number(rest);
    if (!address || !take(rest, ",")) return reply("E01");
    const auto length = take_number(rest);
    if (!length) return reply("E01");
    std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(*length, kMostMemory));
    const cpu::Registers registers = machine_.processor().registers();
    const auto linear = static_cast<std::uint32_t>(*address);
    if (!linear_to_physical(registers, machine_.memory(), linear)) return reply("E14");
    peek_linear(registers, machine_.memory(), linear, bytes);
    std::string out;
    for (const std::uint8_t byte : bytes) add_byte(out, byte);
    reply(out);
  }

  void write_memory(std::string_view rest) {
    const auto address = take_number(rest);
    if (!address || !take(rest, ",")) return reply("E01");
    const auto length = take_number(rest);
    if (!length || !take(rest, ":")) return reply("E01");
    const auto bytes = bytes_of(rest);
    if (!bytes || bytes->size() != *length) return reply("E01");
    const cpu::Registers registers = machine_.processor().registers();
    for (std::size_t i = 0; i < bytes->size(); ++i) {
      const auto linear = static_cast<std::uint32_t>(*address + i);
      const auto physical = linear_to_physical(registers, machine_.memory(), linear);
      if (!physical) return reply("E14");
      machine_.write_memory(*physical, std::span(*bytes).subspan(i, 1));
    }
    reply("OK");
  }

  // ---- running ----

  // Z and z: 0 and 1 stop at an instruction, 2 to 4 behind a write, a read, either. Type, address
  // and size name a point when it is taken away again.
  void breakpoint(bool set, std::string_view rest) {
    constexpr std::array<std::string_view, 5> after = {"", "", " write", " read", ""};
    const auto type = take_number(rest);
    if (!type || *type >= after.size() || !take(rest, ",")) return reply("");
    const auto address = take_number(rest);
    if (!address || !take(rest, ",")) return reply("E01");
    const bool data = *type >= 2;
    const std::uint64_t size = data ? take_number(rest).value_or(1) : 1;
    const auto first = static_cast<std::uint32_t>(*address);
    constexpr std::uint64_t address_space = std::uint64_t{1} << 32;
    if (size == 0 || size > address_space - first) return reply("E01");
    const Point point{data ? *type : 0, first, size};
    const auto found = points_.find(point);
    if (set && found == points_.end()) {
      const auto last = static_cast<std::uint32_t>(first + size - 1);
      points_[point] = debugger_.add(data ? "mem " + hex_of(first) + ".." + hex_of(last) +
                                                std::string(after[static_cast<std::size_t>(*type)])
                                          : "exec " + hex_of(first));
    }
    if (!set && found != points_.end()) {
      debugger_.remove(found->second);
      points_.erase(found);
    }
    reply("OK");
  }

  struct Point {
    std::uint64_t type = 0;  // as in the packet; 0 for both kinds on instructions
    std::uint32_t first = 0;
    std::uint64_t size = 1;
    auto operator<=>(const Point&) const = default;
  };

  // What a breakpoint stopped for: a watched access with its address, anything else plainly.
  std::string stop_reply() const {
    const auto& hit = machine_.memory_hit();
    for (const auto& [point, number] : points_) {
      const bool stopped =
          std::ranges::find(debugger_.stopped_by(), number) != debugger_.stopped_by().end();
      if (!hit || !stopped || point.type < 2) continue;
      return watch_reply(point, *hit);
    }
    return "S05";
  }
  static std::string watch_reply(const Point& point, const MemoryHit& hit) {
    constexpr std::array<const char*, 5> names = {"", "", "watch", "rwatch", "awatch"};
    const std::uint32_t address = std::max(hit.access.linear, point.first);
    return std::string("T05") + names[static_cast<std::size_t>(point.type)] + ":" +
           hex_of(address) + ";";
  }

  // The watchpoint that the access in front of this moment belongs to: gdb has taken all of them
  // away and set them anew since. Null: nothing watches it any more.
  const Point* watched() const {
    const auto& hit = machine_.memory_hit();
    if (!hit) return nullptr;
    for (const auto& [point, number] : points_) {
      const bool kind = point.type == 4 || (point.type == 2 && hit->access.write) ||
                        (point.type == 3 && !hit->access.write);
      if (kind && point.first < hit->access.linear + std::uint64_t{hit->access.size} &&
          hit->access.linear < point.first + point.size)
        return &point;
    }
    return nullptr;
  }

  void stop(std::string_view why) {
    running_ = false;
    reply(why);
  }

  // bs: one instruction back. bc: to the last stop; behind an access gdb wants to see what was
  // there before it, and where the machine stands behind one now, that access is the last stop.
  void go_back(std::string_view how) {
    if (debugger_.history() == nullptr || (how != "s" && how != "c")) return reply("");
    const History::GoOn go_on = [this] { return !wants_break(); };
    const Point* const access = how == "c" ? watched() : nullptr;
    const std::string hit = access != nullptr ? watch_reply(*access, *machine_.memory_hit()) : "";
    const History::Outcome outcome = how == "s" || access != nullptr
                                         ? debugger_.step_back(go_on)
                                         : debugger_.back_to_breakpoint(go_on);
    broken_off_ = outcome == History::Outcome::broken_off;
    if (broken_off_) return;  // what broke in is answered next
    if (outcome == History::Outcome::beginning) return stop("T05replaylog:begin;");
    if (access != nullptr) return stop(hit);
    const std::string stopped = how == "s" ? "S05" : stop_reply();
    if (machine_.memory_hit()) debugger_.step_back();
    stop(stopped);
  }

  // gdb's user pressed Ctrl-C, or gdb is gone.
  bool wants_break() const {
    if (interrupted_) return true;
    if (!client_.readable(0)) return false;
    char next = 0;
    const ssize_t got = recv(client_.get(), &next, 1, MSG_PEEK);
    return got <= 0 || next == '\x03';
  }

  void step() { ended(debugger_.step(devices::kSecond), true); }

  void run_slice() { ended(debugger_.run_until(machine_.now() + kSlice), false); }

  void ended(StopReason reason, bool stepping) {
    switch (reason) {
      case StopReason::deadline:
        if (stepping) stop("S05");
        return;
      case StopReason::breakpoint:
        return stop(stop_reply());
      case StopReason::triple_fault:
      case StopReason::dead_halt:
        return stop("S0b");  // as a process that got a segmentation fault
      case StopReason::guest_exit:
      case StopReason::guest_shutdown: {
        const auto value = machine_.guest_exit();
        std::string out = "W";
        add_byte(out, value.value_or(0));
        stop(out);
        verdict_ = Verdict{"guest-exit", value ? 2 * *value + 1 : 0, ""};
        return;
      }
    }
  }

  Machine& machine_;
  Debugger debugger_;
  const std::atomic<bool>& interrupted_;
  Socket client_;
  std::string input_;
  bool acknowledge_ = true;
  bool running_ = false;
  bool broken_off_ = false;           // a way back, by Ctrl-C
  std::map<Point, unsigned> points_;  // and the debugger's number
  std::optional<Verdict> verdict_;
};

}  // namespace

Verdict run_gdb_server(Machine& machine, const std::string& where, bool history,
                       const std::atomic<bool>& interrupted) {
  const Socket listener = listen_at(parse_endpoint(where));
  return Server(machine, history, interrupted).serve(listener);
}

}  // namespace emu
