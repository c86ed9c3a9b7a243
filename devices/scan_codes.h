// The keys of a 101/102-key (and 104-key) keyboard, their codes in scan sets 2 and 3, the 8042's
// translation of set 2 to set 1, and two ways of naming keys: the words of `--key` ("right", "f10",
// "ctrl-alt-del", "shift-a") and the characters of a US layout for `--type`.
// [PS2-KBD] IBM PS/2 Hardware Interface Technical Reference, Keyboards (101/102-key)
// [8042]    IBM AT Technical Reference, keyboard controller: the translation table in its ROM
// Set 1 has no table of its own: natively or translated, it is set 2 seen through the 8042's table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace devices {

// clang-format off
enum class Key : std::uint8_t {
  escape, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12,
  grave, digit1, digit2, digit3, digit4, digit5, digit6, digit7, digit8, digit9, digit0,
  minus, equal, backspace, tab,
  q, w, e, r, t, y, u, i, o, p, left_bracket, right_bracket, backslash,
  caps_lock, a, s, d, f, g, h, j, k, l, semicolon, apostrophe, enter,
  left_shift, iso_102, z, x, c, v, b, n, m, comma, period, slash, right_shift,
  left_ctrl, left_alt, space, right_alt, right_ctrl, left_win, right_win, menu,
  insert, home, page_up, del, end, page_down, up, left, down, right,
  num_lock, kp_divide, kp_multiply, kp_minus, kp_plus, kp_enter, kp_period,
  kp_0, kp_1, kp_2, kp_3, kp_4, kp_5, kp_6, kp_7, kp_8, kp_9,
  print_screen, scroll_lock, pause,
};
// clang-format on
inline constexpr std::size_t kKeyCount = static_cast<std::size_t>(Key::pause) + 1;

// What a key does in scan set 3 until FBh-FDh or F7h-FAh say otherwise, [PS2-KBD] "Scan code set
// 3".
enum class KeyBehaviour : std::uint8_t {
  typematic,   // make, repeated; no break
  make_break,  // make and break, no repeat
  make_only,
  full  // typematic, make and break: what every key does in sets 1 and 2
};

struct KeyCodes {
  std::uint8_t set2 = 0;  // last byte of the make code; 0 for Pause, which is a sequence of its own
  bool extended = false;  // E0h goes before it
  std::uint8_t set3 = 0;
  KeyBehaviour behaviour = KeyBehaviour::typematic;
};
const KeyCodes& key_codes(Key key);

// One byte of set 2 as the 8042 hands it on; F0h is not in its domain (the controller swallows it).
std::uint8_t translate_to_set1(std::uint8_t set2);

// A character as fingers on a US keyboard produce it.
struct Keystroke {
  Key key;
  bool shift = false;
  bool ctrl = false;
};
std::optional<Keystroke> keystroke_for(char character);

// "a", "f10", "ctrl-alt-del", "shift-minus": keys in the order of pressing. Upper and lower case
// are alike. Nothing when a word is not a key.
std::optional<std::vector<Key>> parse_chord(std::string_view text);

// A name that parse_chord() takes for this key.
std::string_view key_name(Key key);

// The names parse_chord knows, for a "did you mean".
std::vector<std::string_view> key_names();

}  // namespace devices
