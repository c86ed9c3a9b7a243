// Asks for a file of the host: an image to run, one for a drive, a folder, a lost parent.
#pragma once

#include <cstdint>
#include <string>

#include "emu/machine.h"
#include "ui/folder_list.h"

namespace ui {

class Frame;

class OpenDialog {
 public:
  void ask_for_machine();
  void ask_for_folder();
  void ask_for_drive(emu::DriveSlot slot);
  // `child` names `parent`, which is not there.
  void ask_for_parent(const std::string& child, const std::string& parent);
  bool asked() const { return asked_; }

  // What came of the choice. A failure brings the dialog back.
  void succeeded() { waiting_ = false; }
  void failed(const std::string& why);

  void draw(Frame& frame);

 private:
  enum class Purpose : std::uint8_t { machine, folder, drive, parent };

  void ask(Purpose purpose);
  void follow_path();
  std::string chosen() const;
  void list(Frame& frame);
  void row(Frame& frame, const FolderEntry& entry);
  void take(Frame& frame);
  const char* title() const;
  std::string purpose_words() const;

  bool asked_ = false;    // to be opened in this frame
  bool waiting_ = false;  // for what comes of a choice
  Purpose purpose_ = Purpose::machine;
  emu::DriveSlot slot_{};
  std::string child_, parent_;
  std::string path_, followed_;
  std::string error_;
  FolderList list_;
};

}  // namespace ui
