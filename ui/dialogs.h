// What all dialogs of the window share.
#pragma once

#include "ui/panels.h"

namespace ui {

// Opens it when `wanted`, in the middle; true while it is open, and EndPopup() is due. The title is
// what stands before "###".
bool begin_dialog(Frame& frame, const char* title, bool& wanted);

}  // namespace ui
