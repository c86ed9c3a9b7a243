#include "ui/keymap.h"

#include <utility>

namespace ui {

namespace {

using devices::Key;

// clang-format off
constexpr std::pair<SDL_Scancode, Key> kKeys[] = {
    {SDL_SCANCODE_ESCAPE, Key::escape},
    {SDL_SCANCODE_F1, Key::f1}, {SDL_SCANCODE_F2, Key::f2}, {SDL_SCANCODE_F3, Key::f3},
    {SDL_SCANCODE_F4, Key::f4}, {SDL_SCANCODE_F5, Key::f5}, {SDL_SCANCODE_F6, Key::f6},
    {SDL_SCANCODE_F7, Key::f7}, {SDL_SCANCODE_F8, Key::f8}, {SDL_SCANCODE_F9, Key::f9},
    {SDL_SCANCODE_F10, Key::f10}, {SDL_SCANCODE_F11, Key::f11}, {SDL_SCANCODE_F12, Key::f12},
    {SDL_SCANCODE_GRAVE, Key::grave},
    {SDL_SCANCODE_1, Key::digit1}, {SDL_SCANCODE_2, Key::digit2}, {SDL_SCANCODE_3, Key::digit3},
    {SDL_SCANCODE_4, Key::digit4}, {SDL_SCANCODE_5, Key::digit5}, {SDL_SCANCODE_6, Key::digit6},
    {SDL_SCANCODE_7, Key::digit7}, {SDL_SCANCODE_8, Key::digit8}, {SDL_SCANCODE_9, Key::digit9},
    {SDL_SCANCODE_0, Key::digit0}, {SDL_SCANCODE_MINUS, Key::minus}, {SDL_SCANCODE_EQUALS, Key::equal},
    {SDL_SCANCODE_BACKSPACE, Key::backspace}, {SDL_SCANCODE_TAB, Key::tab},
    {SDL_SCANCODE_A, Key::a}, {SDL_SCANCODE_B, Key::b}, {SDL_SCANCODE_C, Key::c},
    {SDL_SCANCODE_D, Key::d}, {SDL_SCANCODE_E, Key::e}, {SDL_SCANCODE_F, Key::f},
    {SDL_SCANCODE_G, Key::g}, {SDL_SCANCODE_H, Key::h}, {SDL_SCANCODE_I, Key::i},
    {SDL_SCANCODE_J, Key::j}, {SDL_SCANCODE_K, Key::k}, {SDL_SCANCODE_L, Key::l},
    {SDL_SCANCODE_M, Key::m}, {SDL_SCANCODE_N, Key::n}, {SDL_SCANCODE_O, Key::o},
    {SDL_SCANCODE_P, Key::p}, {SDL_SCANCODE_Q, Key::q}, {SDL_SCANCODE_R, Key::r},
    {SDL_SCANCODE_S, Key::s}, {SDL_SCANCODE_T, Key::t}, {SDL_SCANCODE_U, Key::u},
    {SDL_SCANCODE_V, Key::v}, {SDL_SCANCODE_W, Key::w}, {SDL_SCANCODE_X, Key::x},
    {SDL_SCANCODE_Y, Key::y}, {SDL_SCANCODE_Z, Key::z},
    {SDL_SCANCODE_LEFTBRACKET, Key::left_bracket}, {SDL_SCANCODE_RIGHTBRACKET, Key::right_bracket},
    {SDL_SCANCODE_BACKSLASH, Key::backslash}, {SDL_SCANCODE_NONUSHASH, Key::backslash},
    {SDL_SCANCODE_NONUSBACKSLASH, Key::iso_102},
    {SDL_SCANCODE_CAPSLOCK, Key::caps_lock}, {SDL_SCANCODE_SEMICOLON, Key::semicolon},
    {SDL_SCANCODE_APOSTROPHE, Key::apostrophe}, {SDL_SCANCODE_RETURN, Key::enter},
    {SDL_SCANCODE_LSHIFT, Key::left_shift}, {SDL_SCANCODE_RSHIFT, Key::right_shift},
    {SDL_SCANCODE_COMMA, Key::comma}, {SDL_SCANCODE_PERIOD, Key::period},
    {SDL_SCANCODE_SLASH, Key::slash}, {SDL_SCANCODE_LCTRL, Key::left_ctrl},
    {SDL_SCANCODE_LALT, Key::left_alt}, {SDL_SCANCODE_SPACE, Key::space},
    {SDL_SCANCODE_RALT, Key::right_alt}, {SDL_SCANCODE_LGUI, Key::left_win},
    {SDL_SCANCODE_RGUI, Key::right_win}, {SDL_SCANCODE_APPLICATION, Key::menu},
    {SDL_SCANCODE_INSERT, Key::insert}, {SDL_SCANCODE_HOME, Key::home},
    {SDL_SCANCODE_PAGEUP, Key::page_up}, {SDL_SCANCODE_DELETE, Key::del},
    {SDL_SCANCODE_END, Key::end}, {SDL_SCANCODE_PAGEDOWN, Key::page_down},
    {SDL_SCANCODE_UP, Key::up}, {SDL_SCANCODE_LEFT, Key::left},
    {SDL_SCANCODE_DOWN, Key::down}, {SDL_SCANCODE_RIGHT, Key::right},
    {SDL_SCANCODE_NUMLOCKCLEAR, Key::num_lock}, {SDL_SCANCODE_KP_DIVIDE, Key::kp_divide},
    {SDL_SCANCODE_KP_MULTIPLY, Key::kp_multiply}, {SDL_SCANCODE_KP_MINUS, Key::kp_minus},
    {SDL_SCANCODE_KP_PLUS, Key::kp_plus}, {SDL_SCANCODE_KP_ENTER, Key::kp_enter},
    {SDL_SCANCODE_KP_PERIOD, Key::kp_period},
    {SDL_SCANCODE_KP_0, Key::kp_0}, {SDL_SCANCODE_KP_1, Key::kp_1}, {SDL_SCANCODE_KP_2, Key::kp_2},
    {SDL_SCANCODE_KP_3, Key::kp_3}, {SDL_SCANCODE_KP_4, Key::kp_4}, {SDL_SCANCODE_KP_5, Key::kp_5},
    {SDL_SCANCODE_KP_6, Key::kp_6}, {SDL_SCANCODE_KP_7, Key::kp_7}, {SDL_SCANCODE_KP_8, Key::kp_8},
    {SDL_SCANCODE_KP_9, Key::kp_9},
    {SDL_SCANCODE_PRINTSCREEN, Key::print_screen}, {SDL_SCANCODE_SCROLLLOCK, Key::scroll_lock},
    {SDL_SCANCODE_PAUSE, Key::pause},
};
// clang-format on

}  // namespace

std::optional<devices::Key> key_for(SDL_Scancode scancode) {
  for (const auto& [code, key] : kKeys) {
    if (code == scancode) return key;
  }
  return std::nullopt;
}

}  // namespace ui
