// One wire: INTRQ, INTR, A20, RESET, the speaker gate. It carries a level and tells the other end
// on a change only, so a chip may drive it as often as it likes.
#pragma once

#include "devices/archive.h"
#include "devices/delegate.h"

namespace devices {

class Line {
 public:
  // ata.irq.connect<&PicInput::set>(pic.input(14)): Input is a member taking the new level.
  template <auto Input, class Target>
  void connect(Target& target) {
    end_ = Delegate<void(bool)>::to<Input>(target);
  }

  void set(bool level) {
    if (level == level_) return;
    level_ = level;
    if (end_) end_(level);
  }
  bool level() const { return level_; }

  // The far end restores its own view from its own state, so loading tells nobody.
  void serialize(Archive& archive) { archive(level_); }

 private:
  Delegate<void(bool)> end_;
  bool level_ = false;
};

}  // namespace devices
