// An allocation map with its past: events in a ring, a view that can stand at any moment the ring
// still knows, and accesses counted along the time line. An event remembers what was there before,
// so it can be taken back as well as done again: going to a moment costs the events in between, and
// no copies of the map are kept. Looking back changes the view only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/allocation_map.h"
#include "storage/allocation_watch.h"

namespace storage {

class AllocationHistory {
 public:
  static constexpr std::size_t kDefaultEvents = 1U << 19;  // 20 MB
  static constexpr std::uint64_t kBin = 50'000'000;        // nanoseconds

  struct Bin {
    std::uint32_t reads = 0, writes = 0;  // requests
  };
  // Something to find again on the time line.
  struct Flag {
    enum class Kind : std::uint8_t { snapshot, stop, user };
    std::uint64_t time = 0;
    Kind kind = Kind::user;
    std::string text;
  };

  AllocationHistory(std::uint64_t sectors, std::uint32_t sectors_per_cluster,
                    std::size_t capacity = kDefaultEvents);

  // As the view has it.
  const AllocationMap& map() const { return map_; }
  AllocationMap& map() { return map_; }  // for marks

  // What a first scan tells: no event of the history.
  void load(const MapEvent& changed);
  void record(const MapEvent& event);
  // Time has come so far, whatever happened.
  void advance(std::uint64_t now);
  void flag(Flag flag) { flags_.push_back(std::move(flag)); }
  const std::vector<Flag>& flags() const { return flags_; }

  std::uint64_t now() const { return now_; }
  bool live() const { return live_; }
  std::uint64_t view_time() const { return live_ ? now_ : view_time_; }
  // The earliest moment that seek() can go to.
  std::uint64_t earliest() const;
  void seek(std::uint64_t time);
  void go_live();
  // The disk is at an earlier moment again: what came after it has not happened.
  void rewind(std::uint64_t time);
  void set_half_life(std::uint64_t nanoseconds);

  // Events by their running number; those before the view's end have happened in it.
  std::uint64_t first_event() const { return first_; }
  std::uint64_t end_event() const { return end_; }
  std::uint64_t view_end() const { return cursor_; }
  const MapEvent& event(std::uint64_t number) const { return ring_[number % ring_.size()]; }
  std::uint64_t recorded() const { return recorded_; }

  const std::vector<Bin>& bins() const { return bins_; }  // kBin each, from time 0

 private:
  void apply(const MapEvent& event);
  void take_back(const MapEvent& event);
  void push(const MapEvent& event);
  void warm_up();
  void now_record(const MapEvent& event);

  AllocationMap map_;
  std::vector<MapEvent> ring_;
  std::uint64_t first_ = 0, end_ = 0;  // numbers in the ring
  std::uint64_t cursor_ = 0;           // the view has seen events below
  std::uint64_t now_ = 0, view_time_ = 0;
  std::uint64_t recorded_ = 0;
  bool live_ = true;
  std::vector<MapEvent> waiting_;  // came while the view was in the past
  std::vector<Bin> bins_;
  std::vector<Flag> flags_;
};

}  // namespace storage
