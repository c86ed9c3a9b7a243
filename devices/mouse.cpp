#include "devices/mouse.h"

#include <algorithm>
#include <cstdlib>

namespace devices {

namespace {

constexpr std::uint8_t kAck = 0xFA;
constexpr std::uint8_t kResend = 0xFE;
constexpr std::uint8_t kSelfTestPassed = 0xAA;
constexpr std::int32_t kMotionLimit = 255;  // nine bits, less the asymmetric end
constexpr std::int32_t kWheelLimit = 7;     // four bits are all that some drivers look at
constexpr std::int32_t kAccumulatorLimit = 1 << 16;

std::int32_t accumulate(std::int32_t sum, std::int32_t delta) {
  const std::int64_t wide = std::int64_t{sum} + delta;
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(wide, -kAccumulatorLimit, kAccumulatorLimit));
}

// Takes what fits into one packet and leaves the rest for the next.
std::int32_t take_part(std::int32_t& sum, std::int32_t limit) {
  const std::int32_t part = std::clamp(sum, -limit, limit);
  sum -= part;
  return part;
}

// Scaling 2:1, [PS2-MOUSE] command E7h: small moves unchanged or a little larger, long ones
// doubled.
std::int32_t scale_motion(std::int32_t counts) {
  constexpr std::array<std::int32_t, 6> curve{0, 1, 1, 3, 6, 9};
  const std::int32_t size = std::abs(counts);
  const std::int32_t scaled = size < static_cast<std::int32_t>(curve.size())
                                  ? curve[static_cast<std::size_t>(size)]
                                  : 2 * size;
  return std::clamp(counts < 0 ? -scaled : scaled, -kMotionLimit, kMotionLimit);
}

}  // namespace

Mouse::Mouse(Scheduler& scheduler, Delegate<void()> data_ready)
    : scheduler_(scheduler),
      data_ready_(data_ready),
      sample_(scheduler, "mouse.sample", Delegate<void()>::to<&Mouse::on_sample>(*this)) {
  reset();
}

void Mouse::reset() {
  set_defaults();
  out_.clear();
  responding_ = false;
  expect_ = Expect::command;
  rate_history_ = {};
  wheel_mode_ = false;
  last_packet_size_ = 0;
  buttons_ = reported_buttons_ = 0;
}

void Mouse::set_defaults() {
  scheduler_.cancel(sample_);
  mode_ = mode_before_wrap_ = Mode::stream;
  resolution_ = 2;
  sample_rate_ = 100;
  enabled_ = false;
  double_scaling_ = false;
  dx_ = dy_ = dz_ = 0;
}

// ---- hand ---------------------------------------------------------------------------------------

void Mouse::move(int dx, int dy, int wheel) {
  if (mode_ == Mode::stream && !enabled_) return;
  dx_ = accumulate(dx_, dx);
  dy_ = accumulate(dy_,
                   -std::clamp(dy, -kAccumulatorLimit, kAccumulatorLimit));  // up counts positive
  if (wheel_mode_) dz_ = accumulate(dz_, wheel);
  schedule_sample();
}

void Mouse::set_buttons(std::uint8_t buttons) {
  buttons_ = buttons & (kLeft | kRight | kMiddle);
  schedule_sample();
}

bool Mouse::has_news() const {
  return dx_ != 0 || dy_ != 0 || dz_ != 0 || buttons_ != reported_buttons_;
}

void Mouse::schedule_sample() {
  if (!reporting() || sample_.pending() || !has_news()) return;
  scheduler_.schedule(sample_, kSecond / sample_rate_);
}

void Mouse::on_sample() {
  if (!reporting()) return;
  if (out_.empty()) queue_packet(double_scaling_);  // else the host is behind: gather on
  schedule_sample();
}

void Mouse::queue_packet(bool scaled) {
  std::int32_t dx = take_part(dx_, kMotionLimit);
  std::int32_t dy = take_part(dy_, kMotionLimit);
  const std::int32_t dz = take_part(dz_, kWheelLimit);
  if (scaled) {
    dx = scale_motion(dx);
    dy = scale_motion(dy);
  }
  reported_buttons_ = buttons_;
  const unsigned head = 0x08U | buttons_ | (dx < 0 ? 0x10U : 0U) | (dy < 0 ? 0x20U : 0U);
  last_packet_ = {static_cast<std::uint8_t>(head), static_cast<std::uint8_t>(dx),
                  static_cast<std::uint8_t>(dy), static_cast<std::uint8_t>(dz)};
  last_packet_size_ = wheel_mode_ ? 4 : 3;
  for (std::size_t i = 0; i < last_packet_size_; ++i) out_.push(last_packet_[i]);
  if (data_ready_) data_ready_();
}

// ---- cable --------------------------------------------------------------------------------------

std::uint8_t Mouse::take() {
  const std::uint8_t value = out_.pop();
  if (out_.empty()) responding_ = false;
  return value;
}

void Mouse::respond(std::uint8_t value) {
  out_.push(value);
  responding_ = true;
  if (data_ready_) data_ready_();
}

void Mouse::receive(std::uint8_t value) {
  out_.clear();  // a command ends whatever was being sent, half a packet included
  if (mode_ == Mode::wrap && value != 0xEC && value != 0xFF) return respond(value);
  if (expect_ == Expect::command) return command(value);
  const Expect what = expect_;
  expect_ = Expect::command;
  if (what == Expect::resolution) {
    if (value > 3) return respond(kResend);
    resolution_ = value;
    return respond(kAck);
  }
  if (value == 0) return respond(kResend);
  set_sample_rate(value);
  respond(kAck);
}

void Mouse::set_sample_rate(std::uint8_t rate) {
  sample_rate_ = rate;
  if (rate_history_[0] == 200 && rate_history_[1] == 100 && rate == 80) wheel_mode_ = true;
  rate_history_ = {rate_history_[1], rate};
}

void Mouse::command(std::uint8_t value) {
  switch (value) {
    case 0xE6:
    case 0xE7:
      double_scaling_ = value == 0xE7;
      return respond(kAck);
    case 0xE8:
      expect_ = Expect::resolution;
      return respond(kAck);
    case 0xE9: {
      const unsigned status =
          (mode_ == Mode::remote ? 0x40U : 0U) | (enabled_ ? 0x20U : 0U) |
          (double_scaling_ ? 0x10U : 0U) | ((buttons_ & kLeft) != 0 ? 0x04U : 0U) |
          ((buttons_ & kMiddle) != 0 ? 0x02U : 0U) | ((buttons_ & kRight) != 0 ? 0x01U : 0U);
      respond(kAck);
      respond(static_cast<std::uint8_t>(status));
      respond(resolution_);
      return respond(sample_rate_);
    }
    case 0xEA:
      mode_ = Mode::stream;
      return respond(kAck);
    case 0xEB:
      respond(kAck);
      return queue_packet(false);
    case 0xEC:
      if (mode_ == Mode::wrap) mode_ = mode_before_wrap_;
      return respond(kAck);
    case 0xEE:
      mode_before_wrap_ = mode_;
      mode_ = Mode::wrap;
      return respond(kAck);
    case 0xF0:
      mode_ = Mode::remote;
      return respond(kAck);
    case 0xF2:
      respond(kAck);
      return respond(wheel_mode_ ? 0x03 : 0x00);
    case 0xF3:
      expect_ = Expect::sample_rate;
      return respond(kAck);
    case 0xF4:
      enabled_ = true;
      dx_ = dy_ = dz_ = 0;
      reported_buttons_ = buttons_;
      return respond(kAck);
    case 0xF5:
      enabled_ = false;
      return respond(kAck);
    case 0xF6:
      set_defaults();
      return respond(kAck);
    case 0xFE:
      if (last_packet_size_ == 0) return respond(kAck);
      for (std::size_t i = 0; i < last_packet_size_; ++i) respond(last_packet_[i]);
      return;
    case 0xFF: {
      const std::uint8_t held = buttons_;
      reset();
      buttons_ = reported_buttons_ = held;
      respond(kAck);
      respond(kSelfTestPassed);
      return respond(0x00);
    }
    default:
      return respond(kResend);
  }
}

void Mouse::serialize(Archive& archive) {
  archive.tag("mouse", 1);
  archive(out_);
  archive(last_packet_);
  archive(rate_history_);
  archive(dx_);
  archive(dy_);
  archive(dz_);
  archive(mode_);
  archive(mode_before_wrap_);
  archive(expect_);
  archive(buttons_);
  archive(reported_buttons_);
  archive(resolution_);
  archive(sample_rate_);
  archive(last_packet_size_);
  archive(enabled_);
  archive(double_scaling_);
  archive(wheel_mode_);
  archive(responding_);
  last_packet_size_ = std::min<std::uint8_t>(last_packet_size_, 4);
  sample_rate_ = std::max<std::uint8_t>(sample_rate_, 1);
  buttons_ &= kLeft | kRight | kMiddle;
}

}  // namespace devices
