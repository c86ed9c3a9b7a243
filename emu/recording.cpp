#include "emu/recording.h"

#include <array>
#include <cerrno>
#include <sstream>
#include <system_error>

#include "devices/scan_codes.h"
#include "emu/command_line.h"
#include "emu/config_file.h"
#include "emu/machine_keys.h"
#include "emu/run_options.h"

namespace emu {

namespace {

constexpr const char* kFirstLine = "platter recording 1";
constexpr const char* kSeparator = "---";
constexpr std::size_t kLongestFile = 256U << 20;

std::string hex_of(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string buttons_of(const MouseCommand& mouse) {
  const std::string held =
      std::string(mouse.left ? "l" : "") + (mouse.middle ? "m" : "") + (mouse.right ? "r" : "");
  return held.empty() ? "-" : held;
}

// One line of events, word by word.
class Line {
 public:
  explicit Line(const std::string& text) : in_(text) {}

  std::string word() {
    std::string text;
    if (!(in_ >> text)) throw UsageError("something is missing");
    return text;
  }
  template <class Number>
  Number number() {
    Number value{};
    if (!(in_ >> value)) throw UsageError("a number is missing");
    return value;
  }
  std::string rest() {
    std::string text;
    std::getline(in_ >> std::ws, text);
    return text;
  }
  void end() {
    std::string more;
    if (in_ >> more) throw UsageError("'" + more + "' is too much");
  }

 private:
  std::istringstream in_;
};

devices::Key key_named(const std::string& name) {
  const auto keys = devices::parse_chord(name);
  if (!keys || keys->size() != 1) throw UsageError("'" + name + "' is no key");
  return keys->front();
}

MouseCommand read_mouse(Line& line) {
  MouseCommand mouse;
  mouse.dx = line.number<int>();
  mouse.dy = line.number<int>();
  mouse.wheel = line.number<int>();
  const std::string held = line.word();
  mouse.left = held.find('l') != held.npos;
  mouse.middle = held.find('m') != held.npos;
  mouse.right = held.find('r') != held.npos;
  return mouse;
}

std::size_t read_port(Line& line) {
  const auto port = line.number<std::size_t>();
  if (port != 1 && port != 2) throw UsageError("serial ports are 1 and 2");
  return port - 1;
}

std::vector<std::uint8_t> read_bytes(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
    if (high < 0 || low < 0) throw UsageError("'" + text + "' is no hex");
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

InsertInput read_insert(Line& line) {
  InsertInput insert;
  insert.drive.slot = parse_slot(line.word());
  insert.drive.mode = parse_drive_mode(line.word());
  insert.digest = line.word();
  insert.drive.file = line.rest();
  return insert;
}

HostInput::What read_what(const std::string& kind, Line& line) {
  if (kind == "down" || kind == "up") return KeyCommand{key_named(line.word()), kind == "down"};
  if (kind == "mouse") return read_mouse(line);
  if (kind == "reset") return ResetCommand{};
  if (kind == "insert") return read_insert(line);
  if (kind == "eject") return EjectInput{parse_slot(line.word())};
  if (kind == "peer") return SerialPeer{read_port(line)};
  if (kind == "serial") {
    const std::size_t port = read_port(line);
    return SerialInput{port, read_bytes(line.word())};
  }
  throw UsageError("unknown input '" + kind + "'");
}

RecordedMoment read_moment(Line& line) {
  const auto at = line.number<std::uint64_t>();
  return {at, line.word()};
}

void read_line(const std::string& text, Recording& recording) {
  if (recording.end) throw UsageError("something follows the end");
  Line line(text);
  const std::string first = line.word();
  if (first == "medium") {
    const DriveSlot slot = parse_slot(line.word());
    recording.media[slot] = line.word();
  } else if (first == "begin") {
    recording.begin = read_moment(line);
  } else if (first == "end") {
    recording.end = read_moment(line);
  } else {
    Line again(text);
    const auto at = again.number<std::uint64_t>();
    const std::uint64_t before =
        recording.inputs.empty() ? recording.begin.at : recording.inputs.back().at;
    if (at < before) throw UsageError("times run backwards");
    const std::string kind = again.word();
    recording.inputs.push_back({at, read_what(kind, again)});
    line = Line("");
    again.end();
    return;
  }
  line.end();
}

std::string event_text(const HostInput::What& what) {
  struct Print {
    std::string operator()(const KeyCommand& key) const {
      return (key.down ? "down " : "up ") + std::string(devices::key_name(key.key));
    }
    std::string operator()(const MouseCommand& mouse) const {
      return "mouse " + std::to_string(mouse.dx) + " " + std::to_string(mouse.dy) + " " +
             std::to_string(mouse.wheel) + " " + buttons_of(mouse);
    }
    std::string operator()(const ResetCommand&) const { return "reset"; }
    std::string operator()(const InsertInput& insert) const {
      return std::string("insert ") + slot_name(insert.drive.slot) + " " +
             std::string(name_of(insert.drive.mode)) + " " + insert.digest + " " +
             insert.drive.file;
    }
    std::string operator()(const EjectInput& eject) const {
      return std::string("eject ") + slot_name(eject.slot);
    }
    std::string operator()(const SerialPeer& peer) const {
      return "peer " + std::to_string(peer.port + 1);
    }
    std::string operator()(const SerialInput& input) const {
      return "serial " + std::to_string(input.port + 1) + " " + hex_of(input.bytes);
    }
  };
  return std::visit(Print{}, what);
}

}  // namespace

Recording read_recording(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line;
  if (!in || !std::getline(in, line)) throw UsageError(file + ": cannot be read");
  if (line != kFirstLine) {
    const bool newer = line.starts_with("platter recording ");
    throw UsageError(file + ": " + (newer ? "was made by a newer version" : "is no recording"));
  }
  // Lines keep their numbers for messages about the machine.
  std::string machine = "\n";
  std::size_t number = 1;
  while (true) {
    if (!std::getline(in, line)) throw UsageError(file + ": ends before its events");
    ++number;
    if (line == kSeparator) break;
    machine += line + "\n";
    if (machine.size() > kLongestFile) throw UsageError(file + ": is too large");
  }
  Recording recording;
  recording.config = read_config_text(machine, file, "").config;
  while (std::getline(in, line)) {
    ++number;
    if (line.empty()) continue;
    try {
      read_line(line, recording);
    } catch (const UsageError& error) {
      throw UsageError(file + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  if (recording.begin.hash.empty()) throw UsageError(file + ": has no beginning");
  return recording;
}

Recorder::Recorder(const std::string& file, Machine& machine, const Config& config)
    : file_(file),
      machine_(machine),
      out_(std::make_shared<std::ofstream>(file, std::ios::binary | std::ios::trunc)) {
  errno = 0;
  std::ofstream& out = *out_;
  out << kFirstLine << "\n[machine]\n";
  for (const KeyValue& value : machine_key_values(config)) out << key_line(value) << "\n";
  for (const DriveConfig& drive : config.drives) {
    out << "[[drive]]\n";
    for (const KeyValue& value : drive_key_values(drive)) out << key_line(value) << "\n";
  }
  out << kSeparator << "\n";
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const auto slot = static_cast<DriveSlot>(i);
    const std::string digest = machine.medium_digest(slot);
    if (!digest.empty()) out << "medium " << slot_name(slot) << " " << digest << "\n";
  }
  out << "begin " << machine.instruction_times() << " " << machine.hash() << "\n" << std::flush;
  if (!out) throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), file);
  // Every line reaches the file at once: what led to a crash is what one wants to have.
  machine.on_input = [to = out_](const HostInput& input) {
    *to << input.at << " " << event_text(input.what) << "\n" << std::flush;
  };
}

void Recorder::finish() {
  machine_.on_input = {};
  errno = 0;
  *out_ << "end " << machine_.instruction_times() << " " << machine_.hash() << "\n" << std::flush;
  if (!*out_) throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(), file_);
}

}  // namespace emu
