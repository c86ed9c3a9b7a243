#include "emu/typist.h"

#include <algorithm>
#include <string>

#include "emu/machine.h"
#include "emu/nearest.h"
#include "emu/run_options.h"

namespace emu {

namespace {

using devices::Key;

constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes the escape after a backslash at text[at]; moves `at` to its last character.
char unescape(std::string_view text, std::size_t& at) {
  switch (text[at]) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'e':
      return '\x1B';
    case '\\':
      return '\\';
    case 'x':
      if (at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0) {
        const int value = hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]);
        at += 2;
        return static_cast<char>(value);
      }
      [[fallthrough]];
    default:
      throw UsageError("type: unknown escape \\" + std::string(1, text[at]) +
                       "; known: \\n \\t \\b \\e \\\\ \\xNN");
  }
}

std::vector<Key> keys_for(char character) {
  switch (character) {
    case '\n':
    case '\r':
      return {Key::enter};
    case '\t':
      return {Key::tab};
    case '\b':
      return {Key::backspace};
    case '\x1B':
      return {Key::escape};
    default:
      break;
  }
  const auto stroke = devices::keystroke_for(character);
  if (!stroke) {
    throw UsageError("type: no key of a US keyboard gives character " +
                     std::to_string(static_cast<unsigned char>(character)));
  }
  std::vector<Key> keys;
  if (stroke->shift) keys.push_back(Key::left_shift);
  if (stroke->ctrl) keys.push_back(Key::left_ctrl);
  keys.push_back(stroke->key);
  return keys;
}

}  // namespace

void Typist::push(const std::vector<Key>& keys) {
  std::vector<Stroke> strokes;
  strokes.reserve(2 * keys.size());
  for (const Key key : keys) strokes.push_back({key, true});
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) strokes.push_back({*key, false});
  pending_.push_back(std::move(strokes));
}

void Typist::type(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char character = text[i];
    if (character == '\\' && i + 1 < text.size()) character = unescape(text, ++i);
    push(keys_for(character));
  }
}

void Typist::type_plain(std::string_view text) {
  for (const char character : text) push(keys_for(character));
}

void Typist::chord(std::string_view text) {
  const auto keys = devices::parse_chord(text);
  if (!keys) {
    std::vector<std::string> known;
    for (const std::string_view name : devices::key_names()) known.emplace_back(name);
    throw UsageError("key '" + std::string(text) + "' is unknown" + did_you_mean(text, known));
  }
  push(*keys);
}

void Typist::feed(Machine& machine) {
  if (pending_.empty() || !machine.keyboard_ready()) return;
  for (const Stroke& stroke : pending_.front()) machine.apply(KeyCommand{stroke.key, stroke.down});
  pending_.pop_front();
}

}  // namespace emu
