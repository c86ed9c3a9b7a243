#include "devices/scheduler.h"

#include <algorithm>
#include <cassert>

namespace devices {

Event::Event(Scheduler& scheduler, std::string_view name, Delegate<void()> action)
    : scheduler_(scheduler), name_(name), action_(action) {
  scheduler_.events_.push_back(this);
}

Event::~Event() {
  scheduler_.cancel(*this);
  std::erase(scheduler_.events_, this);
}

void Scheduler::schedule_at(Event& event, Nanoseconds deadline) {
  event.deadline_ = std::max(deadline, now_);
  event.sequence_ = next_sequence_++;
  find_next();
}

void Scheduler::cancel(Event& event) {
  if (!event.pending()) return;
  event.deadline_ = kNever;
  if (next_ == &event) find_next();
}

void Scheduler::advance_to(Nanoseconds time) {
  while (next_deadline_ <= time) {
    Event& event = *next_;
    now_ = std::max(now_, event.deadline_);
    event.deadline_ = kNever;
    find_next();
    event.action_();
  }
  now_ = std::max(now_, time);
}

// A board has some twenty events, of which a handful are pending: a scan beats a heap and keeps
// Events free of bookkeeping.
void Scheduler::find_next() {
  next_ = nullptr;
  next_deadline_ = kNever;
  for (Event* event : events_) {
    if (!event->pending()) continue;
    const bool sooner = next_ == nullptr || event->deadline_ < next_deadline_ ||
                        (event->deadline_ == next_deadline_ && event->sequence_ < next_->sequence_);
    if (sooner) {
      next_ = event;
      next_deadline_ = event->deadline_;
    }
  }
}

void Scheduler::serialize(Archive& archive) {
  archive.tag("time", 1);
  archive(now_);
  archive(next_sequence_);
  // Sums of times must not wrap: seventy years are enough for a real state.
  constexpr Nanoseconds latest = kNever / 8;
  if (now_ > latest) throw ArchiveError("state: its time cannot be right");
  for (Event* event : events_) {
    archive.tag(event->name_, 1);
    archive(event->deadline_);
    archive(event->sequence_);
    // What should have happened already happens at once.
    if (archive.loading() && event->deadline_ < now_) event->deadline_ = now_;
  }
  if (archive.loading()) find_next();
}

}  // namespace devices
