// Keys of the debugger, and what menus do in their place. They work where the guest's screen does
// not have the keyboard; Ctrl+G belongs to the panel that has it.
#include <algorithm>

#include "ui/panels.h"
#include "ui/widgets.h"

namespace ui {

namespace {

using Post = std::function<void(Request)>;

// The line in hand; where the processor is when none is.
std::uint32_t cursor_address(const Workspace& work, const Snapshot& snapshot) {
  const cpu::Registers& r = snapshot.registers;
  const std::uint32_t offset = emu::wide_code(r) ? r.eip : r.eip & 0xFFFF;
  return work.code_selected.value_or(r.segments[cpu::kCs].base + offset);
}

}  // namespace

void toggle_breakpoint(const Workspace& work, const Snapshot& snapshot, const Post& post) {
  post([linear = cursor_address(work, snapshot)](Control& control) {
    if (const emu::Debugger::Point* point = control.debugger().at(linear)) {
      control.debugger().remove(point->number);
    } else {
      control.debugger().add("exec " + hex(linear, 5));
    }
  });
}

void run_to_cursor(const Workspace& work, const Snapshot& snapshot, const Post& post) {
  post([linear = cursor_address(work, snapshot)](Control& control) { control.run_to(linear); });
}

void break_in(Workspace& work, const Post& post) {
  work.break_off = true;
  post([](Control& control) { control.pause(); });
}

void ask_where_to(Workspace& work) {
  if (work.focused == Panel::memory) {
    work.memory.go_to = true;
  } else if (work.focused == Panel::map || work.layout == Layout::disk) {
    work.goto_open = true;
  } else {
    work.code_goto = true;
  }
}

void ask_what_to_find(Workspace& work) {
  work.memory.find = true;
  work.closed.erase(Panel::memory);
  if (!work.placement.panels.contains(Panel::memory)) work.extra.insert(Panel::memory);
}

void debugger_key(Workspace& work, const Snapshot* snapshot, const Post& post, DebuggerKey key) {
  if (key.code == SDL_SCANCODE_F1) {
    work.about = true;
    return;
  }
  if (snapshot == nullptr) return;
  switch (key.code) {
    case SDL_SCANCODE_F2:
      work.code_selected = cursor_address(work, *snapshot);
      work.code_label = true;
      break;
    case SDL_SCANCODE_F5:
      if (key.shift && key.control) {
        post([](Control& control) { control.back_to_breakpoint(); });
      } else if (key.shift) {
        break_in(work, post);
      } else {
        post([](Control& control) { control.run(); });
      }
      break;
    case SDL_SCANCODE_F9:
      toggle_breakpoint(work, *snapshot, post);
      break;
    case SDL_SCANCODE_F10:
      if (key.control) {
        run_to_cursor(work, *snapshot, post);
      } else if (key.shift) {
        post([](Control& control) { control.step_back(); });
      } else {
        post([](Control& control) { control.step_over(); });
      }
      break;
    case SDL_SCANCODE_F11:
      post([shift = key.shift](Control& control) {
        shift ? control.step_out() : control.step_into();
      });
      break;
    case SDL_SCANCODE_G:
      if (key.control) ask_where_to(work);
      break;
    case SDL_SCANCODE_F:
      if (key.control) ask_what_to_find(work);
      break;
    default:
      break;
  }
}

}  // namespace ui
