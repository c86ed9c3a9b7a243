// compare: whether two disks have the same content, with qemu-img's words and exit codes: 0 the
// same, 1 different, 2 it could not be told. diff: where they differ, and whose sectors those are.
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "emu/image_owner.h"
#include "emu/image_verbs.h"
#include "storage/layer.h"

namespace emu::image_tool {

using storage::BlockDevice;
using storage::ClusterState;
using storage::Extent;
using storage::kSectorSize;

namespace {

constexpr std::uint64_t kChunkSectors = 1024;
constexpr int kSame = 0, kDifferent = 1;

bool reads_as_zeroes(const Extent& extent) {
  return extent.state == ClusterState::unallocated || extent.state == ClusterState::zero;
}

// One side of the comparison; zeroes beyond its end.
struct Side {
  std::string name;
  storage::OpenedImage opened;
  std::vector<std::uint8_t> buffer = {};

  BlockDevice& device() const { return *opened.device; }
  std::uint64_t sectors() const { return opened.device->sector_count(); }

  Extent extent(std::uint64_t lba) const {
    if (lba >= sectors()) {
      return {.first_sector = lba, .sector_count = UINT64_MAX - lba};
    }
    return device().extent_at(lba);
  }
  std::span<const std::uint8_t> read(std::uint64_t lba, std::uint64_t count) {
    buffer.resize(static_cast<std::size_t>(kChunkSectors * kSectorSize));
    const auto bytes = std::span(buffer).first(static_cast<std::size_t>(count * kSectorSize));
    require(name, lba, storage::read_parent(&device(), lba, bytes));
    return bytes;
  }
};

struct Pair {
  Side first, second;
  std::uint64_t sectors() const { return std::max(first.sectors(), second.sectors()); }
};

Pair open_pair(const Session& session) {
  const Arguments& a = session.arguments();
  const auto open = [&](const std::string& name, const std::string& format) {
    return Side{name, session.open(name, format, storage::OpenMode::read_only)};
  };
  return {open(a.names[0], a.format), open(a.names[1], a.parent_format)};
}

// Walks both disks. `differ(lba, count, a, b)` gets the bytes of each stretch of up to
// kChunkSectors that is not the same, `state(lba, same)` whether both sides hold it alike; either
// answers false to stop.
template <class Differ, class State>
void walk(Pair& pair, const storage::Progress& progress, Differ differ, State state) {
  const std::uint64_t total = pair.sectors();
  for (std::uint64_t lba = 0; lba < total;) {
    progress.report(lba, total);
    const Extent a = pair.first.extent(lba);
    const Extent b = pair.second.extent(lba);
    const std::uint64_t run = std::min({a.sector_count, b.sector_count, total - lba});
    const bool a_zero = reads_as_zeroes(a);
    const bool b_zero = reads_as_zeroes(b);
    const bool alike =
        (a.state == ClusterState::unallocated) == (b.state == ClusterState::unallocated);
    if (!state(lba, alike)) return;
    for (std::uint64_t done = 0; done < run && !(a_zero && b_zero);) {
      const std::uint64_t step = std::min(run - done, kChunkSectors);
      const std::uint64_t at = lba + done;
      progress.report(at, total);
      const auto left = pair.first.read(at, step);
      const auto right = pair.second.read(at, step);
      const bool same = std::memcmp(left.data(), right.data(), left.size()) == 0;
      if (!same && !differ(at, step, left, right)) return;
      done += step;
    }
    lba += run;
  }
  progress.report(total, total);
}

int report_verdict(const Session& session, const std::string& words,
                   std::optional<std::uint64_t> offset) {
  const bool same = !offset;
  if (session.arguments().json()) {
    nlohmann::ordered_json object = {{"identical", same}, {"message", words}};
    if (offset) object["offset"] = *offset;
    session.out() << object.dump(4) << "\n";
  } else {
    session.say(words);
  }
  return same ? kSame : kDifferent;
}

// The first sector that differs, counted from the stretch's begin; qemu-img names sectors, too.
std::uint64_t first_difference(std::span<const std::uint8_t> left,
                               std::span<const std::uint8_t> right) {
  const auto at = std::ranges::mismatch(left, right).in1 - left.begin();
  return static_cast<std::uint64_t>(at) / kSectorSize;
}

// Sectors [lba, lba + count) differ.
struct Difference {
  std::uint64_t lba, count;
  std::string first_owner, second_owner;
};

class Differences {
 public:
  void add(std::uint64_t lba) {
    if (!list_.empty() && list_.back().lba + list_.back().count == lba) {
      ++list_.back().count;
    } else {
      list_.push_back({lba, 1, "", ""});
    }
  }
  std::uint64_t sectors() const {
    std::uint64_t sum = 0;
    for (const Difference& difference : list_) sum += difference.count;
    return sum;
  }
  // Cuts the runs where the owner changes on either side.
  void name(const OwnerIndex& first, const OwnerIndex& second) {
    std::vector<Difference> named;
    for (const Difference& run : list_) {
      for (std::uint64_t done = 0; done < run.count;) {
        const std::uint64_t lba = run.lba + done;
        const OwnedRun a = first.at(lba, run.count - done);
        const OwnedRun b = second.at(lba, a.count);
        named.push_back({lba, b.count, a.path, b.path});
        done += b.count;
      }
    }
    list_ = std::move(named);
  }
  const std::vector<Difference>& list() const { return list_; }

 private:
  std::vector<Difference> list_;
};

std::string owner_text(const Difference& difference) {
  std::string a = storage::printable(difference.first_owner, 120);
  const std::string b = storage::printable(difference.second_owner, 120);
  if (a == b) return a;
  return (a.empty() ? "-" : a) + " | " + (b.empty() ? "-" : b);
}

void print_differences(const Session& session, const Differences& differences) {
  if (session.arguments().json()) {
    nlohmann::ordered_json runs = nlohmann::ordered_json::array();
    for (const Difference& run : differences.list()) {
      runs.push_back({{"lba", run.lba},
                      {"count", run.count},
                      {"start", run.lba * kSectorSize},
                      {"length", run.count * kSectorSize},
                      {"owner", storage::printable(run.first_owner, 4096)},
                      {"second-owner", storage::printable(run.second_owner, 4096)}});
    }
    session.out() << nlohmann::ordered_json{{"sectors", differences.sectors()},
                                            {"differences", std::move(runs)}}
                         .dump(4)
                  << "\n";
    return;
  }
  for (const Difference& run : differences.list()) {
    std::ostringstream line;
    line << "lba " << run.lba << " count " << run.count;
    if (const std::string owner = owner_text(run); !owner.empty()) line << "  " << owner;
    session.say(line.str());
  }
  session.say(std::to_string(differences.sectors()) + " sectors differ");
}

}  // namespace

int compare(const Session& session) {
  const Arguments& a = session.arguments();
  Pair pair = open_pair(session);
  if (pair.first.sectors() != pair.second.sectors()) {
    if (a.strict) {
      return report_verdict(session, "Strict mode: Image size mismatch!",
                            std::min(pair.first.sectors(), pair.second.sectors()) * kSectorSize);
    }
    if (!a.json()) session.say("Warning: Image size mismatch!");
  }
  std::optional<std::uint64_t> offset;
  std::string words = "Images are identical.";
  walk(
      pair, session.progress(kSectorSize),
      [&](std::uint64_t lba, std::uint64_t, auto left, auto right) {
        offset = (lba + first_difference(left, right)) * kSectorSize;
        words = "Content mismatch at offset " + std::to_string(*offset) + "!";
        return false;
      },
      [&](std::uint64_t lba, bool alike) {
        if (!a.strict || alike) return true;
        offset = lba * kSectorSize;
        words = "Strict mode: Offset " + std::to_string(*offset) + " block status mismatch!";
        return false;
      });
  return report_verdict(session, words, offset);
}

int diff(const Session& session) {
  Pair pair = open_pair(session);
  Differences differences;
  walk(
      pair, session.progress(kSectorSize),
      [&](std::uint64_t lba, std::uint64_t count, auto left, auto right) {
        for (std::uint64_t i = 0; i < count; ++i) {
          const auto at = static_cast<std::size_t>(i * kSectorSize);
          if (std::memcmp(&left[at], &right[at], kSectorSize) != 0) differences.add(lba + i);
        }
        return true;
      },
      [](std::uint64_t, bool) { return true; });
  if (session.arguments().owner && !differences.list().empty()) {
    differences.name(OwnerIndex(pair.first.device()), OwnerIndex(pair.second.device()));
  }
  print_differences(session, differences);
  return differences.list().empty() ? kSame : kDifferent;
}

}  // namespace emu::image_tool
