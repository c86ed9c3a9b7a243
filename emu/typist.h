// Types for scripts and --type: one keystroke at a time, the next only when the keyboard's own
// buffer is empty and the BIOS ring (40:1Ah) has room, so that no key is lost at any speed of the
// guest.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "devices/scan_codes.h"

namespace emu {

class Machine;

class Typist {
 public:
  // \n Enter, \t Tab, \e Esc, \b Backspace, \\ and \xNN. Throws UsageError at what no key produces.
  void type(std::string_view text);
  // The same with every character meant as it is, backslashes too.
  void type_plain(std::string_view text);
  // "ctrl-alt-del". Throws UsageError with the nearest key's name.
  void chord(std::string_view text);

  bool done() const { return pending_.empty(); }
  // Gives the machine the next stroke when it can take one; to be called between slices.
  void feed(Machine& machine);

 private:
  struct Stroke {
    devices::Key key;
    bool down;
  };
  void push(const std::vector<devices::Key>& keys);

  std::deque<std::vector<Stroke>> pending_;  // strokes of one key with its modifiers go together
};

}  // namespace emu
