#include "emu/image_copy.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "emu/image_session.h"
#include "storage/layer.h"

namespace emu::image_tool {

using storage::ClusterState;
using storage::Extent;
using storage::kSectorSize;

namespace {

constexpr std::uint64_t kChunkSectors = 1024;  // 512 KiB: stays in the cache on its way
constexpr std::size_t kBuffers = 4;

struct Run {
  std::uint64_t first, count;
  bool zeroes;
};

// A piece of the source: one run of zeroes without bytes, or a buffer and what is in it.
struct Piece {
  std::uint64_t first = 0, count = 0;
  std::vector<std::uint8_t> bytes;
  std::vector<Run> runs;
};

void add_run(std::vector<Run>& runs, const Run& run) {
  if (!runs.empty() && runs.back().zeroes == run.zeroes) {
    runs.back().count += run.count;
  } else {
    runs.push_back(run);
  }
}

// Blocks of `block` sectors, aligned on the disk, that are all zero or not.
std::vector<Run> find_zeroes(std::uint64_t first, std::span<const std::uint8_t> bytes,
                             std::uint64_t block) {
  const std::uint64_t count = bytes.size() / kSectorSize;
  if (block == 0) return {{first, count, false}};
  std::vector<Run> runs;
  for (std::uint64_t at = 0; at < count;) {
    const std::uint64_t step = std::min(count - at, block - (first + at) % block);
    const auto part = bytes.subspan(static_cast<std::size_t>(at * kSectorSize),
                                    static_cast<std::size_t>(step * kSectorSize));
    add_run(runs, {first + at, step, storage::all_zero(part)});
    at += step;
  }
  return runs;
}

// Reads the source piece by piece.
class Reader {
 public:
  Reader(storage::BlockDevice& source, const CopyPlan& plan)
      : source_(source), plan_(plan), at_(plan.first), end_(plan.first + plan.count) {}

  // False at the end. Takes the piece's buffer to fill, if it has one.
  bool next(Piece& piece) {
    piece.runs.clear();
    if (at_ == end_) return false;
    if (at_ >= extent_end_) look();
    piece.first = at_;
    const std::uint64_t rest = std::min(extent_end_, end_) - at_;
    if (zero_ && plan_.zero_sectors != 0) {
      piece.count = rest;
      piece.runs.push_back({at_, rest, true});
    } else {
      piece.count = std::min(rest, kChunkSectors - at_ % kChunkSectors);
      piece.bytes.resize(static_cast<std::size_t>(kChunkSectors * kSectorSize));
      const auto bytes =
          std::span(piece.bytes).first(static_cast<std::size_t>(piece.count * kSectorSize));
      require(plan_.source_name, at_, source_.read(at_, bytes));
      piece.runs = find_zeroes(at_, bytes, plan_.zero_sectors);
    }
    at_ += piece.count;
    return true;
  }

 private:
  // Runs of data are read together, wherever they lie on the host.
  void look() {
    const Extent extent = source_.extent_at(at_);
    zero_ = reads_as_zeroes(extent);
    extent_end_ = at_ + extent.sector_count;
    while (!zero_ && extent_end_ < end_ && extent_end_ < at_ + kChunkSectors) {
      const Extent more = source_.extent_at(extent_end_);
      if (reads_as_zeroes(more)) break;
      extent_end_ += more.sector_count;
    }
  }
  static bool reads_as_zeroes(const Extent& extent) {
    return extent.state == ClusterState::unallocated || extent.state == ClusterState::zero;
  }

  storage::BlockDevice& source_;
  const CopyPlan& plan_;
  std::uint64_t at_, end_;
  std::uint64_t extent_end_ = 0;
  bool zero_ = false;
};

void deliver(const Piece& piece, const CopyPlan& plan, CopySink& sink) {
  for (const Run& run : piece.runs) {
    const std::uint64_t target = run.first - plan.first + plan.target_first;
    if (run.zeroes) {
      sink.zeroes(target, run.count);
    } else {
      sink.write(target,
                 std::span(piece.bytes)
                     .subspan(static_cast<std::size_t>((run.first - piece.first) * kSectorSize),
                              static_cast<std::size_t>(run.count * kSectorSize)));
    }
  }
}

// Hands pieces from the reading thread to the writing one and their buffers back.
class Pipe {
 public:
  Pipe() : spare_(kBuffers) {}

  // Nothing once the writer gave up.
  std::optional<Piece> take_spare() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || !spare_.empty(); });
    if (stopped_) return std::nullopt;
    return take(spare_);
  }
  void put_full(Piece piece) { put(full_, std::move(piece)); }
  void put_spare(Piece piece) { put(spare_, std::move(piece)); }
  // Nothing at the end; throws what the reader threw.
  std::optional<Piece> take_full() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return finished_ || !full_.empty(); });
    if (!full_.empty()) return take(full_);
    if (failure_) std::rethrow_exception(failure_);
    return std::nullopt;
  }
  void finish(std::exception_ptr failure) {
    const std::scoped_lock lock(mutex_);
    failure_ = std::move(failure);
    finished_ = true;
    changed_.notify_all();
  }
  void stop() {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  static Piece take(std::deque<Piece>& queue) {
    Piece piece = std::move(queue.front());
    queue.pop_front();
    return piece;
  }
  void put(std::deque<Piece>& queue, Piece piece) {
    const std::scoped_lock lock(mutex_);
    queue.push_back(std::move(piece));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> spare_, full_;
  std::exception_ptr failure_;
  bool finished_ = false;
  bool stopped_ = false;
};

void read_into(Pipe& pipe, Reader& reader) {
  std::exception_ptr failure;
  try {
    while (auto piece = pipe.take_spare()) {
      if (!reader.next(*piece)) break;
      pipe.put_full(std::move(*piece));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  pipe.finish(failure);
}

}  // namespace

void copy_sectors(storage::BlockDevice& source, const CopyPlan& plan, CopySink& sink,
                  const storage::Progress& progress) {
  Reader reader(source, plan);
  if (!plan.threaded) {
    for (Piece piece; reader.next(piece);) {
      progress.report(piece.first - plan.first, plan.count);
      deliver(piece, plan, sink);
    }
    progress.report(plan.count, plan.count);
    return;
  }
  Pipe pipe;
  const std::jthread thread([&] { read_into(pipe, reader); });
  // Wakes the reader before the thread is joined, however this ends.
  const std::unique_ptr<Pipe, void (*)(Pipe*)> stop(&pipe, [](Pipe* p) { p->stop(); });
  while (auto piece = pipe.take_full()) {
    progress.report(piece->first - plan.first, plan.count);
    deliver(*piece, plan, sink);
    pipe.put_spare(std::move(*piece));
  }
  progress.report(plan.count, plan.count);
}

}  // namespace emu::image_tool
