// io: reads and writes by commands, one line each, on stdin or by -c. On stdin every command gets
// one reply line, sent at once: `ok` or `error: ...`. Commands:
//
//   read  [-P BYTE] [-v] OFF LEN [FILE]   into FILE; -P compares with a byte, -v shows the bytes
//   write [-P BYTE | -z | -s FILE] OFF LEN [FILE]   a byte (CDh when nothing is said), zeroes, FILE
//   zero OFF LEN, discard OFF LEN, flush, length, quit, help
//
// Offsets and lengths are bytes with suffixes, of any alignment but in `discard`.
#include <algorithm>
#include <fstream>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "emu/image_bytes.h"
#include "emu/image_verbs.h"

namespace emu::image_tool {

using storage::IoStatus;
using storage::kSectorSize;

namespace {

constexpr std::uint64_t kPieceBytes = 1024 * 1024;  // a request of any length goes in such pieces
constexpr std::uint64_t kMaxDumpBytes = 64 * 1024;
constexpr std::size_t kMaxLine = 64 * 1024;
constexpr std::uint8_t kDefaultPattern = 0xCD;  // qemu-io's
constexpr std::string_view kHelp =
    "ok read [-P BYTE] [-v] OFF LEN [FILE] | write [-P BYTE|-z|-s FILE] OFF LEN [FILE] | "
    "zero OFF LEN | discard OFF LEN | flush | length | quit";

// Why a command failed; the reply's words after "error: ".
class CommandError final : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Command {
  std::string name;
  std::optional<std::uint8_t> pattern;
  bool zeroes = false, show = false;
  std::string file;
  std::vector<std::string> operands;
};

// Words between blanks; "..." holds blanks.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      inside = true;
    } else if (!quoted && (c == ' ' || c == '\t' || c == '\r')) {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = false;
    } else {
      word += c;
      inside = true;
    }
  }
  if (quoted) throw CommandError("a quotation mark is missing");
  if (inside) words.push_back(std::move(word));
  return words;
}

Command parse_command(const std::vector<std::string>& words) {
  Command command;
  command.name = words[0];
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto value = [&]() -> const std::string& {
      if (++i == words.size()) throw CommandError(word + " needs a value");
      return words[i];
    };
    if (word == "-P") {
      command.pattern = static_cast<std::uint8_t>(count_argument("-P", value(), 0, 255));
    } else if (word == "-z") {
      command.zeroes = true;
    } else if (word == "-v") {
      command.show = true;
    } else if (word == "-s") {
      command.file = value();
    } else if (word == "-q" || word == "-C" || word == "-p") {
      // qemu-io's ways of saying less: there is but one line anyway.
    } else if (word.size() > 1 && word[0] == '-') {
      throw CommandError("unknown option " + word);
    } else {
      command.operands.push_back(word);
    }
  }
  return command;
}

class Shell {
 public:
  Shell(std::string file, storage::BlockDevice& device) : file_(std::move(file)), device_(device) {}

  // The reply, without "error". Throws CommandError and UsageError.
  std::string run(const std::vector<std::string>& words) {
    const Command command = parse_command(words);
    if (command.name == "flush") return done(device_.flush());
    if (command.name == "length") return "ok " + std::to_string(size());
    if (command.name == "help") return std::string(kHelp);
    if (command.name == "read") return read(command);
    if (command.name == "write") return write(command);
    if (command.name == "zero") {
      const Range range = range_of(command, 2);
      return done(zero_bytes(device_, range.offset, range.length));
    }
    if (command.name == "discard") {
      const Range range = range_of(command, 2);
      if (range.offset % kSectorSize != 0 || range.length % kSectorSize != 0) {
        throw CommandError("discard takes whole sectors of 512 bytes");
      }
      return done(device_.discard(range.offset / kSectorSize, range.length / kSectorSize));
    }
    throw CommandError("unknown command '" + storage::printable(command.name, 40) + "'");
  }

 private:
  struct Range {
    std::uint64_t offset, length;
  };

  std::uint64_t size() const { return device_.sector_count() * kSectorSize; }

  static std::string done(IoStatus status) {
    if (status != IoStatus::ok) throw CommandError(std::string(describe(status)));
    return "ok";
  }

  Range range_of(const Command& command, std::size_t most) const {
    if (command.operands.size() < 2 || command.operands.size() > most) {
      throw CommandError(command.name + " needs an offset and a length");
    }
    const Range range{size_argument("offset", command.operands[0]),
                      size_argument("length", command.operands[1])};
    if (range.offset > size() || range.length > size() - range.offset) {
      throw CommandError(std::string(describe(IoStatus::out_of_range)));
    }
    return range;
  }

  template <class Piece>
  void in_pieces(const Range& range, Piece piece) {
    buffer_.resize(static_cast<std::size_t>(std::min(range.length, kPieceBytes)));
    for (std::uint64_t done = 0; done < range.length;) {
      const std::uint64_t step = std::min(range.length - done, kPieceBytes);
      piece(range.offset + done, std::span(buffer_).first(static_cast<std::size_t>(step)));
      done += step;
    }
  }

  std::string read(const Command& command) {
    const Range range = range_of(command, 3);
    if (command.show && range.length > kMaxDumpBytes) throw CommandError("-v shows 64K at most");
    std::ofstream file;
    if (command.operands.size() == 3) {
      file.open(command.operands[2], std::ios::binary | std::ios::trunc);
      if (!file) throw CommandError("cannot write " + storage::printable(command.operands[2], 120));
    }
    std::string reply = "ok";
    in_pieces(range, [&](std::uint64_t offset, std::span<std::uint8_t> bytes) {
      done(read_bytes(device_, offset, bytes));
      if (command.pattern) compare(offset, bytes, *command.pattern);
      if (command.show) reply += hex(bytes);
      if (file.is_open()) {
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
      }
    });
    if (file.is_open()) {
      file.close();
      if (!file) throw CommandError("cannot write " + storage::printable(command.operands[2], 120));
    }
    return reply;
  }

  static void compare(std::uint64_t offset, std::span<const std::uint8_t> bytes,
                      std::uint8_t pattern) {
    const auto wrong = std::ranges::find_if(bytes, [&](std::uint8_t b) { return b != pattern; });
    if (wrong == bytes.end()) return;
    throw CommandError("pattern verification failed at offset " +
                       std::to_string(offset + static_cast<std::uint64_t>(wrong - bytes.begin())) +
                       ": " + std::to_string(*wrong) + " instead of " + std::to_string(pattern));
  }

  static std::string hex(std::span<const std::uint8_t> bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
      text += ' ';
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
    return text;
  }

  std::string write(const Command& command) {
    const Range range = range_of(command, 3);
    const std::string name = command.operands.size() == 3 ? command.operands[2] : command.file;
    if (command.zeroes) return done(zero_bytes(device_, range.offset, range.length));
    if (name.empty()) {
      const std::uint8_t pattern = command.pattern.value_or(kDefaultPattern);
      in_pieces(range, [&](std::uint64_t offset, std::span<std::uint8_t> bytes) {
        std::ranges::fill(bytes, pattern);
        done(write_bytes(device_, offset, bytes));
      });
      return "ok";
    }
    std::ifstream file(name, std::ios::binary | std::ios::ate);
    const auto have = file ? static_cast<std::int64_t>(file.tellg()) : -1;
    if (have < 0) throw CommandError("cannot read " + storage::printable(name, 120));
    if (static_cast<std::uint64_t>(have) < range.length) {
      throw CommandError(storage::printable(name, 120) + " has only " + std::to_string(have) +
                         " bytes");
    }
    file.seekg(0);
    in_pieces(range, [&](std::uint64_t offset, std::span<std::uint8_t> bytes) {
      file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
      if (!file) throw CommandError("cannot read " + storage::printable(name, 120));
      done(write_bytes(device_, offset, bytes));
    });
    return "ok";
  }

  std::string file_;
  storage::BlockDevice& device_;
  std::vector<std::uint8_t> buffer_;
};

struct Reply {
  std::string text;
  bool ok = true;
  bool quit = false;
};

// {"ok": true, "reply": "01 02"}, on one line.
std::string json_of(const Reply& reply) {
  const std::size_t space = reply.text.find(' ');
  const std::string rest = space == reply.text.npos ? "" : reply.text.substr(space + 1);
  return nlohmann::ordered_json{{"ok", reply.ok}, {"reply", rest}}.dump();
}

Reply answer(Shell& shell, const std::string& line) {
  const auto error = [](const std::exception& e) {
    return Reply{std::string("error: ") + storage::printable(e.what(), 380), false, false};
  };
  try {
    const std::vector<std::string> words = words_of(line);
    if (words.empty()) return {"", true, false};
    if (words[0] == "quit" || words[0] == "q") return {"ok", true, true};
    return {shell.run(words), true, false};
  } catch (const CommandError& e) {
    return error(e);
  } catch (const UsageError& e) {
    return error(e);
  }
}

// A line of any length is taken from the stream, but not kept beyond a limit.
bool next_line(std::istream& in, std::string& line) {
  line.clear();
  bool any = false;
  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    any = true;
    if (c == '\n') return true;
    if (line.size() < kMaxLine) line += static_cast<char>(c);
  }
  return any;
}

}  // namespace

int io(const Session& session) {
  const Arguments& a = session.arguments();
  const std::string& file = a.names[0];
  const storage::OpenMode mode = a.discard                      ? storage::OpenMode::discard
                                 : a.read_only || a.force_share ? storage::OpenMode::read_only
                                                                : storage::OpenMode::read_write;
  const storage::OpenedImage opened = session.open(file, a.format, mode);
  Shell shell(file, *opened.device);
  bool all_well = true;
  const auto handle = [&](const std::string& line) {
    const Reply reply = answer(shell, line);
    if (!reply.text.empty()) {
      session.out() << (a.json() ? json_of(reply) : reply.text) << '\n' << std::flush;
    }
    all_well = all_well && reply.ok;
    return !reply.quit;
  };
  if (!a.commands.empty()) {
    for (const std::string& command : a.commands) {
      if (!handle(command)) break;
    }
  } else {
    for (std::string line; !session.interrupted() && next_line(session.around().in, line);) {
      if (!handle(line)) break;
    }
  }
  close_image(file, *opened.device);
  return all_well ? 0 : 1;
}

}  // namespace emu::image_tool
