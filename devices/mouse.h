// PS/2 mouse with three buttons and a wheel, as it behaves on the cable to the 8042's auxiliary
// port: stream, remote and wrap mode, and the sample-rate knock (200, 100, 80) that turns it into
// the 4-byte wheel protocol. [PS2-MOUSE] IBM PS/2 Hardware Interface Technical Reference, Mouse;
// Microsoft IntelliMouse supplement Not implemented: the resolution does not change the counts (the
// host decides how far a move is); five-button mode (id 4); a failing self test.
#pragma once

#include <array>
#include <cstdint>

#include "devices/archive.h"
#include "devices/byte_queue.h"
#include "devices/delegate.h"
#include "devices/scheduler.h"

namespace devices {

class Mouse {
 public:
  static constexpr std::uint8_t kLeft = 1, kRight = 2, kMiddle = 4;

  // `data_ready` is called whenever a byte has become available; it may be spurious.
  Mouse(Scheduler& scheduler, Delegate<void()> data_ready);

  void reset();  // power-on, without the announcing AAh 00h

  // The hand: counts to the right, towards the user (as screen coordinates grow), wheel towards the
  // user.
  void move(int dx, int dy, int wheel = 0);
  void set_buttons(std::uint8_t buttons);

  // The cable, seen from the controller.
  void receive(std::uint8_t value);
  bool has_data() const { return !out_.empty(); }
  bool has_response() const { return responding_ && has_data(); }
  std::uint8_t take();

  bool reporting() const { return enabled_ && mode_ == Mode::stream; }
  bool wheel_mode() const { return wheel_mode_; }

  void serialize(Archive& archive);

 private:
  enum class Mode : std::uint8_t { stream, remote, wrap };
  enum class Expect : std::uint8_t { command, resolution, sample_rate };

  void command(std::uint8_t value);
  void respond(std::uint8_t value);
  void set_defaults();
  void set_sample_rate(std::uint8_t rate);
  bool has_news() const;
  void schedule_sample();
  void on_sample();
  void queue_packet(bool scaled);

  Scheduler& scheduler_;
  Delegate<void()> data_ready_;
  Event sample_;

  ByteQueue<16> out_;
  std::array<std::uint8_t, 4> last_packet_{};
  std::array<std::uint8_t, 2> rate_history_{};  // the knock
  std::int32_t dx_ = 0, dy_ = 0, dz_ = 0;       // motion not reported yet
  Mode mode_ = Mode::stream;
  Mode mode_before_wrap_ = Mode::stream;
  Expect expect_ = Expect::command;
  std::uint8_t buttons_ = 0;
  std::uint8_t reported_buttons_ = 0;
  std::uint8_t resolution_ = 2;
  std::uint8_t sample_rate_ = 100;
  std::uint8_t last_packet_size_ = 0;
  bool enabled_ = false;
  bool double_scaling_ = false;
  bool wheel_mode_ = false;
  bool responding_ = false;  // what is queued answers a command
};

}  // namespace devices
