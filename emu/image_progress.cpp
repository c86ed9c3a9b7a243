#include "emu/image_progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

namespace emu::image_tool {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kBetweenDrawings = std::chrono::milliseconds(100);
constexpr std::size_t kBarWidth = 30;
constexpr double kMiB = 1024.0 * 1024.0;

class Painter {
 public:
  Painter(std::ostream& err, ProgressStyle style, std::uint64_t unit_bytes)
      : err_(err), style_(style), unit_bytes_(unit_bytes) {}
  ~Painter() {
    if (drawn_ && style_ == ProgressStyle::bar) err_ << "\n" << std::flush;
  }
  Painter(const Painter&) = delete;
  Painter& operator=(const Painter&) = delete;

  void show(std::uint64_t done, std::uint64_t total) {
    const Clock::time_point now = Clock::now();
    const bool last = done >= total;
    if (last && finished_) return;
    if (!last && drawn_ && now - drawn_at_ < kBetweenDrawings) return;
    drawn_ = true;
    finished_ = last;
    drawn_at_ = now;
    const double seconds = std::chrono::duration<double>(now - started_).count();
    if (style_ == ProgressStyle::json) {
      json(done, total, seconds);
    } else {
      bar(done, total, seconds);
    }
  }

 private:
  double rate(std::uint64_t done, double seconds) const {
    return seconds <= 0 ? 0 : static_cast<double>(done * unit_bytes_) / kMiB / seconds;
  }
  static double part(std::uint64_t done, std::uint64_t total) {
    return total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  }
  static double time_left(std::uint64_t done, std::uint64_t total, double seconds) {
    const double fraction = part(done, total);
    return fraction <= 0 ? 0 : seconds * (1 - fraction) / fraction;
  }

  void json(std::uint64_t done, std::uint64_t total, double seconds) {
    std::ostringstream line;
    line << std::fixed << std::setprecision(2) << "{\"done\": " << done << ", \"total\": " << total
         << ", \"unit_bytes\": " << unit_bytes_ << ", \"seconds\": " << seconds
         << ", \"seconds_left\": " << time_left(done, total, seconds) << "}\n";
    err_ << line.str() << std::flush;
  }

  void bar(std::uint64_t done, std::uint64_t total, double seconds) {
    const double fraction = part(done, total);
    const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(kBarWidth));
    std::ostringstream line;
    line << "\r[" << std::string(filled, '#') << std::string(kBarWidth - filled, ' ') << "] "
         << std::fixed << std::setprecision(1) << std::setw(5) << fraction * 100 << "%";
    if (unit_bytes_ != 0) {
      line << "  " << static_cast<double>(done * unit_bytes_) / kMiB << " MiB  "
           << rate(done, seconds) << " MiB/s";
    }
    const auto left = std::llround(time_left(done, total, seconds));
    line << "  ETA " << left / 60 << ":" << std::setw(2) << std::setfill('0') << left % 60 << "  ";
    err_ << line.str() << std::flush;
  }

  std::ostream& err_;
  ProgressStyle style_;
  std::uint64_t unit_bytes_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_at_;
  bool drawn_ = false;
  bool finished_ = false;
};

}  // namespace

storage::Progress make_progress(std::ostream& err, ProgressStyle style, std::uint64_t unit_bytes,
                                std::function<bool()> interrupted) {
  std::shared_ptr<Painter> painter;
  if (style != ProgressStyle::none) painter = std::make_shared<Painter>(err, style, unit_bytes);
  return {[painter, stop = std::move(interrupted)](std::uint64_t done, std::uint64_t total) {
    if (stop && stop()) return false;
    if (painter) painter->show(done, total);
    return true;
  }};
}

}  // namespace emu::image_tool
