#include "devices/scan_codes.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

namespace devices {

namespace {

constexpr auto kTypematic = KeyBehaviour::typematic;
constexpr auto kMakeBreak = KeyBehaviour::make_break;
constexpr auto kMakeOnly = KeyBehaviour::make_only;

// In the order of Key: set 2, E0h prefix, set 3, set 3 default, [PS2-KBD] tables of sets 2 and 3.
// clang-format off
constexpr std::array<KeyCodes, kKeyCount> kCodes{{
  {0x76, false, 0x08, kMakeOnly},                                                      // Esc
  {0x05, false, 0x07, kMakeOnly},  {0x06, false, 0x0F, kMakeOnly},                      // F1 F2
  {0x04, false, 0x17, kMakeOnly},  {0x0C, false, 0x1F, kMakeOnly},
  {0x03, false, 0x27, kMakeOnly},  {0x0B, false, 0x2F, kMakeOnly},
  {0x83, false, 0x37, kMakeOnly},  {0x0A, false, 0x3F, kMakeOnly},
  {0x01, false, 0x47, kMakeOnly},  {0x09, false, 0x4F, kMakeOnly},
  {0x78, false, 0x56, kMakeOnly},  {0x07, false, 0x5E, kMakeOnly},                      // F11 F12
  {0x0E, false, 0x0E, kTypematic},                                                     // `
  {0x16, false, 0x16, kTypematic}, {0x1E, false, 0x1E, kTypematic},                     // 1 2
  {0x26, false, 0x26, kTypematic}, {0x25, false, 0x25, kTypematic},
  {0x2E, false, 0x2E, kTypematic}, {0x36, false, 0x36, kTypematic},
  {0x3D, false, 0x3D, kTypematic}, {0x3E, false, 0x3E, kTypematic},
  {0x46, false, 0x46, kTypematic}, {0x45, false, 0x45, kTypematic},                     // 9 0
  {0x4E, false, 0x4E, kTypematic}, {0x55, false, 0x55, kTypematic},                     // - =
  {0x66, false, 0x66, kTypematic}, {0x0D, false, 0x0D, kTypematic},                     // Backspace Tab
  {0x15, false, 0x15, kTypematic}, {0x1D, false, 0x1D, kTypematic},                     // q w
  {0x24, false, 0x24, kTypematic}, {0x2D, false, 0x2D, kTypematic},
  {0x2C, false, 0x2C, kTypematic}, {0x35, false, 0x35, kTypematic},
  {0x3C, false, 0x3C, kTypematic}, {0x43, false, 0x43, kTypematic},
  {0x44, false, 0x44, kTypematic}, {0x4D, false, 0x4D, kTypematic},                     // o p
  {0x54, false, 0x54, kTypematic}, {0x5B, false, 0x5B, kTypematic},                     // [ ]
  {0x5D, false, 0x5C, kTypematic},                                                     // backslash
  {0x58, false, 0x14, kMakeBreak},                                                     // Caps Lock
  {0x1C, false, 0x1C, kTypematic}, {0x1B, false, 0x1B, kTypematic},                     // a s
  {0x23, false, 0x23, kTypematic}, {0x2B, false, 0x2B, kTypematic},
  {0x34, false, 0x34, kTypematic}, {0x33, false, 0x33, kTypematic},
  {0x3B, false, 0x3B, kTypematic}, {0x42, false, 0x42, kTypematic},
  {0x4B, false, 0x4B, kTypematic},                                                     // l
  {0x4C, false, 0x4C, kTypematic}, {0x52, false, 0x52, kTypematic},                     // ; '
  {0x5A, false, 0x5A, kTypematic},                                                     // Enter
  {0x12, false, 0x12, kMakeBreak}, {0x61, false, 0x13, kTypematic},                     // LShift, 102nd
  {0x1A, false, 0x1A, kTypematic}, {0x22, false, 0x22, kTypematic},                     // z x
  {0x21, false, 0x21, kTypematic}, {0x2A, false, 0x2A, kTypematic},
  {0x32, false, 0x32, kTypematic}, {0x31, false, 0x31, kTypematic},
  {0x3A, false, 0x3A, kTypematic},                                                     // m
  {0x41, false, 0x41, kTypematic}, {0x49, false, 0x49, kTypematic},                     // , .
  {0x4A, false, 0x4A, kTypematic}, {0x59, false, 0x59, kMakeBreak},                     // / RShift
  {0x14, false, 0x11, kMakeBreak}, {0x11, false, 0x19, kMakeBreak},                     // LCtrl LAlt
  {0x29, false, 0x29, kTypematic},                                                     // Space
  {0x11, true,  0x39, kMakeOnly},  {0x14, true,  0x58, kMakeOnly},                      // RAlt RCtrl
  {0x1F, true,  0x8B, kMakeOnly},  {0x27, true,  0x8C, kMakeOnly},                      // Win keys
  {0x2F, true,  0x8D, kMakeOnly},                                                      // Menu
  {0x70, true,  0x67, kMakeOnly},  {0x6C, true,  0x6E, kMakeOnly},                      // Ins Home
  {0x7D, true,  0x6F, kMakeOnly},  {0x71, true,  0x64, kTypematic},                     // PgUp Del
  {0x69, true,  0x65, kMakeOnly},  {0x7A, true,  0x6D, kMakeOnly},                      // End PgDn
  {0x75, true,  0x63, kTypematic}, {0x6B, true,  0x61, kTypematic},                     // Up Left
  {0x72, true,  0x60, kTypematic}, {0x74, true,  0x6A, kTypematic},                     // Down Right
  {0x77, false, 0x76, kMakeOnly},                                                      // Num Lock
  {0x4A, true,  0x77, kMakeOnly},  {0x7C, false, 0x7E, kMakeOnly},                      // kp / *
  {0x7B, false, 0x84, kMakeOnly},  {0x79, false, 0x7C, kTypematic},                     // kp - +
  {0x5A, true,  0x79, kMakeOnly},  {0x71, false, 0x71, kMakeOnly},                      // kp Enter .
  {0x70, false, 0x70, kMakeOnly},  {0x69, false, 0x69, kMakeOnly},                      // kp 0 1
  {0x72, false, 0x72, kMakeOnly},  {0x7A, false, 0x7A, kMakeOnly},
  {0x6B, false, 0x6B, kMakeOnly},  {0x73, false, 0x73, kMakeOnly},
  {0x74, false, 0x74, kMakeOnly},  {0x6C, false, 0x6C, kMakeOnly},
  {0x75, false, 0x75, kMakeOnly},  {0x7D, false, 0x7D, kMakeOnly},                      // kp 8 9
  {0x7C, true,  0x57, kMakeOnly},  {0x7E, false, 0x5F, kMakeOnly},                      // PrtSc ScrLk
  {0x00, false, 0x62, kMakeOnly},                                                      // Pause
}};

// [8042] What the controller's ROM makes of 00h-84h; from 85h on bytes pass unchanged.
constexpr std::array<std::uint8_t, 0x85> kTranslation{
  0xFF,0x43,0x41,0x3F,0x3D,0x3B,0x3C,0x58,0x64,0x44,0x42,0x40,0x3E,0x0F,0x29,0x59,
  0x65,0x38,0x2A,0x70,0x1D,0x10,0x02,0x5A,0x66,0x71,0x2C,0x1F,0x1E,0x11,0x03,0x5B,
  0x67,0x2E,0x2D,0x20,0x12,0x05,0x04,0x5C,0x68,0x39,0x2F,0x21,0x14,0x13,0x06,0x5D,
  0x69,0x31,0x30,0x23,0x22,0x15,0x07,0x5E,0x6A,0x72,0x32,0x24,0x16,0x08,0x09,0x5F,
  0x6B,0x33,0x25,0x17,0x18,0x0B,0x0A,0x60,0x6C,0x34,0x35,0x26,0x27,0x19,0x0C,0x61,
  0x6D,0x73,0x28,0x74,0x1A,0x0D,0x62,0x6E,0x3A,0x36,0x1C,0x1B,0x75,0x2B,0x63,0x76,
  0x55,0x56,0x77,0x78,0x79,0x7A,0x0E,0x7B,0x7C,0x4F,0x7D,0x4B,0x47,0x7E,0x7F,0x6F,
  0x52,0x53,0x50,0x4C,0x4D,0x48,0x01,0x45,0x57,0x4E,0x51,0x4A,0x37,0x49,0x46,0x54,
  0x80,0x81,0x82,0x41,0x54,
};

struct NamedKey {
  std::string_view name;
  Key key;
};
constexpr NamedKey kNames[] = {
  {"esc", Key::escape}, {"escape", Key::escape},
  {"f1", Key::f1}, {"f2", Key::f2}, {"f3", Key::f3}, {"f4", Key::f4}, {"f5", Key::f5},
  {"f6", Key::f6}, {"f7", Key::f7}, {"f8", Key::f8}, {"f9", Key::f9}, {"f10", Key::f10},
  {"f11", Key::f11}, {"f12", Key::f12},
  {"grave", Key::grave}, {"backquote", Key::grave}, {"minus", Key::minus}, {"dash", Key::minus},
  {"equal", Key::equal}, {"equals", Key::equal},
  {"backspace", Key::backspace}, {"bksp", Key::backspace}, {"bs", Key::backspace},
  {"tab", Key::tab}, {"lbracket", Key::left_bracket}, {"rbracket", Key::right_bracket},
  {"backslash", Key::backslash}, {"caps", Key::caps_lock}, {"capslock", Key::caps_lock},
  {"semicolon", Key::semicolon}, {"quote", Key::apostrophe}, {"apostrophe", Key::apostrophe},
  {"enter", Key::enter}, {"return", Key::enter}, {"ret", Key::enter},
  {"shift", Key::left_shift}, {"lshift", Key::left_shift}, {"rshift", Key::right_shift},
  {"iso102", Key::iso_102}, {"less", Key::iso_102},
  {"comma", Key::comma}, {"period", Key::period}, {"dot", Key::period}, {"slash", Key::slash},
  {"ctrl", Key::left_ctrl}, {"control", Key::left_ctrl}, {"lctrl", Key::left_ctrl},
  {"rctrl", Key::right_ctrl},
  {"alt", Key::left_alt}, {"lalt", Key::left_alt}, {"ralt", Key::right_alt}, {"altgr", Key::right_alt},
  {"space", Key::space}, {"spc", Key::space},
  {"win", Key::left_win}, {"lwin", Key::left_win}, {"rwin", Key::right_win}, {"menu", Key::menu},
  {"ins", Key::insert}, {"insert", Key::insert}, {"del", Key::del}, {"delete", Key::del},
  {"home", Key::home}, {"end", Key::end},
  {"pgup", Key::page_up}, {"pageup", Key::page_up},
  {"pgdn", Key::page_down}, {"pagedown", Key::page_down}, {"pgdown", Key::page_down},
  {"up", Key::up}, {"left", Key::left}, {"down", Key::down}, {"right", Key::right},
  {"numlock", Key::num_lock}, {"kpdivide", Key::kp_divide}, {"kpslash", Key::kp_divide},
  {"kpmultiply", Key::kp_multiply}, {"kpstar", Key::kp_multiply},
  {"kpminus", Key::kp_minus}, {"kpplus", Key::kp_plus}, {"kpenter", Key::kp_enter},
  {"kpperiod", Key::kp_period}, {"kpdot", Key::kp_period},
  {"kp0", Key::kp_0}, {"kp1", Key::kp_1}, {"kp2", Key::kp_2}, {"kp3", Key::kp_3},
  {"kp4", Key::kp_4}, {"kp5", Key::kp_5}, {"kp6", Key::kp_6}, {"kp7", Key::kp_7},
  {"kp8", Key::kp_8}, {"kp9", Key::kp_9},
  {"print", Key::print_screen}, {"printscreen", Key::print_screen}, {"prtsc", Key::print_screen},
  {"sysrq", Key::print_screen},
  {"scroll", Key::scroll_lock}, {"scrolllock", Key::scroll_lock},
  {"pause", Key::pause}, {"break", Key::pause},
};

// A US layout: each key with its plain and its shifted character.
struct LayoutKey {
  Key key;
  char plain;
  char shifted;
};
constexpr LayoutKey kLayout[] = {
  {Key::grave, '`', '~'}, {Key::digit1, '1', '!'}, {Key::digit2, '2', '@'}, {Key::digit3, '3', '#'},
  {Key::digit4, '4', '$'}, {Key::digit5, '5', '%'}, {Key::digit6, '6', '^'}, {Key::digit7, '7', '&'},
  {Key::digit8, '8', '*'}, {Key::digit9, '9', '('}, {Key::digit0, '0', ')'}, {Key::minus, '-', '_'},
  {Key::equal, '=', '+'}, {Key::q, 'q', 'Q'}, {Key::w, 'w', 'W'}, {Key::e, 'e', 'E'},
  {Key::r, 'r', 'R'}, {Key::t, 't', 'T'}, {Key::y, 'y', 'Y'}, {Key::u, 'u', 'U'}, {Key::i, 'i', 'I'},
  {Key::o, 'o', 'O'}, {Key::p, 'p', 'P'}, {Key::left_bracket, '[', '{'},
  {Key::right_bracket, ']', '}'}, {Key::backslash, '\\', '|'}, {Key::a, 'a', 'A'}, {Key::s, 's', 'S'},
  {Key::d, 'd', 'D'}, {Key::f, 'f', 'F'}, {Key::g, 'g', 'G'}, {Key::h, 'h', 'H'}, {Key::j, 'j', 'J'},
  {Key::k, 'k', 'K'}, {Key::l, 'l', 'L'}, {Key::semicolon, ';', ':'}, {Key::apostrophe, '\'', '"'},
  {Key::z, 'z', 'Z'}, {Key::x, 'x', 'X'}, {Key::c, 'c', 'C'}, {Key::v, 'v', 'V'}, {Key::b, 'b', 'B'},
  {Key::n, 'n', 'N'}, {Key::m, 'm', 'M'}, {Key::comma, ',', '<'}, {Key::period, '.', '>'},
  {Key::slash, '/', '?'}, {Key::space, ' ', ' '},
};
// clang-format on

constexpr char kEscape = 0x1B;
constexpr char kRubout = 0x7F;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// One word of a chord. A shifted character brings its shift along: "?" is shift and slash.
bool append_word(std::string_view word, std::vector<Key>& keys) {
  const auto* const named =
      std::ranges::find_if(kNames, [&](const NamedKey& entry) { return entry.name == word; });
  if (named != std::end(kNames)) {
    keys.push_back(named->key);
    return true;
  }
  if (word.size() != 1) return false;
  const auto stroke = keystroke_for(word.front());
  if (!stroke || stroke->ctrl) return false;
  if (stroke->shift) keys.push_back(Key::left_shift);
  keys.push_back(stroke->key);
  return true;
}

}  // namespace

const KeyCodes& key_codes(Key key) {
  const auto index = static_cast<std::size_t>(key);
  return kCodes[index < kKeyCount ? index : 0];
}

std::uint8_t translate_to_set1(std::uint8_t set2) {
  return set2 < kTranslation.size() ? kTranslation[set2] : set2;
}

std::optional<Keystroke> keystroke_for(char character) {
  switch (character) {
    case '\r':
    case '\n':
      return Keystroke{Key::enter};
    case '\t':
      return Keystroke{Key::tab};
    case '\b':
      return Keystroke{Key::backspace};
    case kEscape:
      return Keystroke{Key::escape};
    case kRubout:
      return Keystroke{Key::backspace, false, true};
    default:
      break;
  }
  for (const LayoutKey& entry : kLayout) {
    if (entry.plain == character) return Keystroke{entry.key};
    if (entry.shifted == character) return Keystroke{entry.key, true};
  }
  if (character >= 1 && character <= 26) {  // Ctrl-A .. Ctrl-Z
    const auto letter = keystroke_for(static_cast<char>('a' + character - 1));
    return Keystroke{letter->key, false, true};
  }
  return std::nullopt;
}

std::optional<std::vector<Key>> parse_chord(std::string_view text) {
  std::vector<Key> keys;
  std::string rest = lower(text);
  // A final "-" after a separator, or alone, is the minus key itself: "ctrl--".
  bool ends_in_minus = false;
  if (rest == "-" || (rest.size() > 2 && rest.ends_with("--"))) {
    ends_in_minus = true;
    rest.resize(rest.size() - (rest.size() > 1 ? 2U : 1U));
  }
  if (rest.empty() && !ends_in_minus) return std::nullopt;
  std::size_t start = 0;
  while (!rest.empty() && start <= rest.size()) {
    const std::size_t dash = std::min(rest.find('-', start), rest.size());
    if (!append_word(std::string_view(rest).substr(start, dash - start), keys)) return std::nullopt;
    start = dash + 1;
  }
  if (ends_in_minus) keys.push_back(Key::minus);
  return keys;
}

std::vector<std::string_view> key_names() {
  std::vector<std::string_view> names;
  for (const NamedKey& entry : kNames) names.push_back(entry.name);
  return names;
}

std::string_view key_name(Key key) {
  const auto* const named =
      std::ranges::find_if(kNames, [&](const NamedKey& entry) { return entry.key == key; });
  if (named != std::end(kNames)) return named->name;
  const auto* const printed =
      std::ranges::find_if(kLayout, [&](const LayoutKey& entry) { return entry.key == key; });
  return printed != std::end(kLayout) ? std::string_view(&printed->plain, 1) : "";
}

}  // namespace devices
