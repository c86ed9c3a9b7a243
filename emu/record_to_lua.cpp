#include "emu/record_to_lua.h"

#include <array>
#include <map>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "devices/scan_codes.h"
#include "emu/machine_keys.h"
#include "emu/replay.h"
#include "emu/session.h"
#include "emu/utf8.h"
#include "emu/watched_run.h"

namespace emu {

namespace {

using devices::Key;

// What a finger pressed: a character, or a chord such as "ctrl-alt-del".
struct Pressed {
  std::string character;  // one, or empty
  std::string chord;
};

bool is_modifier(Key key) {
  switch (key) {
    case Key::left_shift:
    case Key::right_shift:
    case Key::left_ctrl:
    case Key::right_ctrl:
    case Key::left_alt:
    case Key::right_alt:
      return true;
    default:
      return false;
  }
}

// The US layout backwards: (key, shift) to the character.
std::map<std::pair<Key, bool>, char> characters() {
  std::map<std::pair<Key, bool>, char> table;
  for (int c = 0x20; c < 0x7F; ++c) {
    if (const auto stroke = devices::keystroke_for(static_cast<char>(c))) {
      table[{stroke->key, stroke->shift}] = static_cast<char>(c);
    }
  }
  table[{Key::space, true}] = ' ';
  table[{Key::enter, false}] = '\n';
  return table;
}

std::string lua_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// Follows a keyboard and says what each key that goes down means.
class Fingers {
 public:
  std::optional<Pressed> take(const KeyCommand& command) {
    if (is_modifier(command.key)) {
      if (command.down) {
        held_.insert(command.key);
      } else {
        held_.erase(command.key);
      }
      return std::nullopt;
    }
    if (!command.down) return std::nullopt;
    const bool shift = held_.contains(Key::left_shift) || held_.contains(Key::right_shift);
    const bool only_shift = held_.size() == (held_.contains(Key::left_shift) ? 1U : 0U) +
                                                (held_.contains(Key::right_shift) ? 1U : 0U);
    const auto character = table_.find({command.key, shift});
    if (only_shift && character != table_.end()) return Pressed{{character->second}, ""};
    std::string chord;
    for (const Key key : held_) chord += std::string(devices::key_name(key)) + "-";
    return Pressed{"", chord + std::string(devices::key_name(command.key))};
  }

 private:
  std::set<Key> held_;
  const std::map<std::pair<Key, bool>, char> table_ = characters();
};

class Translator {
 public:
  Translator(std::ostream& out, Machine& machine) : out_(out), machine_(machine) {}

  void look() { follow_screen(machine_, watch_); }

  void input(const HostInput& input) {
    if (const auto* key = std::get_if<KeyCommand>(&input.what)) return take_key(*key);
    end_burst();
    pause();
    std::visit([this](const auto& what) { other(what); }, input.what);
    last_ = machine_.now();
  }

  void finish() {
    end_burst();
    out_ << "\n  -- The screen when the recording ended. What of it does the test stand for?\n";
    std::istringstream rows(screen_text(machine_));
    for (std::string row; std::getline(rows, row);) {
      if (!row.empty()) out_ << "  --   " << row << "\n";
    }
    if (const std::string text = text_at_cursor(); !text.empty() && watch_.find(from_utf8(text))) {
      line("m:expect(" + lua_quoted(text) + ")");
    }
  }

 private:
  void line(const std::string& text) { out_ << "  " << text << "\n"; }

  void take_key(const KeyCommand& command) {
    constexpr devices::Nanoseconds new_thought = 2 * devices::kSecond;
    const auto pressed = fingers_.take(command);
    if (!pressed) return;
    if (!typed_.empty() && machine_.now() - last_ > new_thought) end_burst();
    if (typed_.empty()) wait_for_prompt();
    last_ = machine_.now();
    if (pressed->chord.empty()) {
      typed_ += pressed->character;
      if (pressed->character == "\n") end_burst();
      return;
    }
    end_burst();
    line("m:key(" + lua_quoted(pressed->chord) + ")");
  }

  void end_burst() {
    if (!typed_.empty()) line("m:type(" + lua_quoted(typed_) + ")");
    typed_.clear();
  }

  // Where the guest asks for something, the question is what the test has to wait for.
  void wait_for_prompt() {
    const std::string text = text_at_cursor();
    if (!text.empty() && watch_.find(from_utf8(text))) {
      return line("m:expect(" + lua_quoted(text) + ")");
    }
    line("m:wait_idle()");
  }

  // Between inputs without a text to wait for, the time that passed then.
  void pause() {
    constexpr devices::Nanoseconds least = 50 * devices::kMillisecond;
    const devices::Nanoseconds passed = machine_.now() - last_;
    if (passed < least) return;
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "m:run(%.2f)",
                  static_cast<double>(passed) / static_cast<double>(devices::kSecond));
    line(text.data());
  }

  std::string text_at_cursor() const {
    const devices::TextScreen screen = machine_.text_screen();
    const std::vector<std::u32string> rows = machine_.screen_rows();
    if (screen.cursor_y >= rows.size()) return "";
    std::u32string row = rows[screen.cursor_y].substr(0, screen.cursor_x);
    const std::size_t first = row.find_first_not_of(U" \0");
    if (first == std::u32string::npos) return "";
    row = row.substr(first, row.find_last_not_of(U" \0") + 1 - first);
    return to_utf8(row);
  }

  void other(const KeyCommand&) {}
  void other(const MouseCommand& mouse) {
    const std::string held =
        std::string(mouse.left ? "l" : "") + (mouse.middle ? "m" : "") + (mouse.right ? "r" : "");
    line("m:mouse(" + std::to_string(mouse.dx) + ", " + std::to_string(mouse.dy) + ", \"" + held +
         "\"" + (mouse.wheel != 0 ? ", " + std::to_string(mouse.wheel) : "") + ")");
  }
  void other(const ResetCommand&) { line("m:reset()"); }
  void other(const InsertInput& insert) {
    line(std::string("m:insert(\"") + slot_name(insert.drive.slot) + "\", " +
         lua_quoted(insert.drive.file) + ", \"" +
         (insert.drive.mode == DriveMode::ro ? "ro" : "discard") + "\")");
  }
  void other(const EjectInput& eject) {
    line(std::string("m:eject(\"") + slot_name(eject.slot) + "\")");
  }
  void other(const SerialPeer& peer) { line("m:serial(" + std::to_string(peer.port + 1) + ")"); }
  void other(const SerialInput& serial) {
    line("m:serial(" + std::to_string(serial.port + 1) + "):send(" +
         lua_quoted({reinterpret_cast<const char*>(serial.bytes.data()), serial.bytes.size()}) +
         ")");
  }

  std::ostream& out_;
  Machine& machine_;
  ScreenWatch watch_;
  Fingers fingers_;
  std::string typed_;
  devices::Nanoseconds last_ = 0;
};

void print_machine(std::ostream& out, const Config& config) {
  const std::vector<KeyValue> usual = machine_key_values(Config{});
  out << "  local m = t:machine {\n";
  for (const KeyValue& value : machine_key_values(config)) {
    const bool same = std::ranges::any_of(usual, [&](const KeyValue& other) {
      return other.key == value.key && other.value == value.value;
    });
    if (!same) out << "    " << key_line(value) << ",\n";
  }
  const bool only_demo = config.drives.size() == 1 && config.drives.front().demo;
  if (!only_demo) out << "    drive = {\n";
  for (const DriveConfig& drive : config.drives) {
    if (only_demo) break;
    out << "      {";
    for (const KeyValue& value : drive_key_values(drive)) {
      out << (value.key == "bus" ? " " : ", ");
      if (value.key == "file") {  // so that it runs elsewhere with -D fd0=FILE
        std::string slot = slot_name(drive.slot);
        std::erase(slot, '.');
        out << "file = t:param(\"" << slot << "\", " << lua_quoted(value.value) << ")";
      } else if (value.key == "mode" && drive.mode != DriveMode::ro) {
        out << "mode = \"discard\"";
      } else {
        out << key_line(value);
      }
    }
    out << " },\n";
  }
  if (!only_demo) out << "    },\n";
  out << "  }\n";
}

}  // namespace

void record_to_lua(std::ostream& out, const std::string& name, const Recording& recording,
                   Machine& machine, const std::atomic<bool>& interrupted) {
  constexpr std::uint64_t margin = 60;
  const std::uint64_t seconds = recording.end.value_or(recording.begin).at /
                                    (std::uint64_t{recording.config.mips} * 1'000'000) +
                                margin;
  out << "-- Made from the recording '" << name << "' by platter record-to-lua.\n"
      << "test(" << lua_quoted(name) << ", { timeout = " << seconds << " }, function(t)\n";
  print_machine(out, recording.config);
  Replay replay(machine, recording);
  Translator translator(out, machine);
  const Verdict verdict =
      replay.run([&] { translator.look(); },
                 [&](const HostInput& input) { translator.input(input); }, interrupted);
  translator.finish();
  out << "end)\n";
  if (verdict.exit_code != kExitOk) throw std::runtime_error(verdict.message);
}

}  // namespace emu
