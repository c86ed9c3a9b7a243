#include "tests/support/crash_replay.h"

#include <algorithm>
#include <utility>

namespace support {

namespace {

constexpr std::uint64_t kSector = 512;

std::string folder_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash);
}

bool in_folder(const RecordedCall& call) {
  return call.kind == HostCall::create || call.kind == HostCall::rename ||
         call.kind == HostCall::remove;
}

}  // namespace

CrashReplay::CrashReplay(const MemoryHost& host)
    : calls_(&host.recorded_), next_number_(host.next_number_), next_seed_(host.next_seed_) {
  for (const auto& [name, file] : host.at_start_) {
    entries_[name] = file->number;
    nodes_[file->number] = file->bytes;
  }
}

void CrashReplay::apply(const RecordedCall& call, Fate fate, std::mt19937& random, Entries& entries,
                        Nodes& nodes) {
  if (fate == Fate::dropped) return;
  switch (call.kind) {
    case HostCall::create:
      entries[call.name] = call.node;
      nodes[call.node];
      return;
    case HostCall::rename:
      entries.erase(call.name);
      entries[call.to] = call.node;
      return;
    case HostCall::remove:
      entries.erase(call.name);
      return;
    case HostCall::resize:
      nodes[call.node].resize(call.length);
      return;
    case HostCall::zero:
      if (fate != Fate::length_only) nodes[call.node].zero(call.offset, call.length);
      return;
    case HostCall::write:
      break;
    default:
      return;
  }
  SparseBytes& bytes = nodes[call.node];
  const std::uint64_t end = call.offset + call.data.size();
  if (bytes.size() < end) bytes.resize(end);
  if (fate == Fate::length_only) return;
  const std::uint64_t middle = (call.offset + call.data.size() / 2) / kSector * kSector;
  // Piece by piece as the disk's sectors cut it.
  for (std::uint64_t at = call.offset; at < end;) {
    const std::uint64_t next = std::min(end, (at / kSector + 1) * kSector);
    const bool chosen = fate == Fate::kept || (fate == Fate::first_half && at < middle) ||
                        (fate == Fate::second_half && at >= middle) ||
                        (fate == Fate::scattered && random() % 2 == 0);
    if (chosen) {
      bytes.write(at, std::span(call.data).subspan(static_cast<std::size_t>(at - call.offset),
                                                   static_cast<std::size_t>(next - at)));
    }
    at = next;
  }
}

void CrashReplay::advance_to(std::size_t calls) {
  std::mt19937 unused;
  for (; done_ < std::min(calls, calls_->size()); ++done_) {
    const RecordedCall& call = (*calls_)[done_];
    if (call.kind != HostCall::sync && call.kind != HostCall::sync_directory) {
      pending_.push_back(done_);
      continue;
    }
    std::erase_if(pending_, [&](std::size_t index) {
      const RecordedCall& earlier = (*calls_)[index];
      const bool made_durable = call.kind == HostCall::sync
                                    ? !in_folder(earlier) && earlier.node == call.node
                                    : in_folder(earlier) && folder_of(earlier.name) == call.name;
      if (made_durable) apply(earlier, Fate::kept, unused, entries_, nodes_);
      return made_durable;
    });
  }
}

std::shared_ptr<MemoryHost> CrashReplay::build(const std::vector<Fate>& fates,
                                               std::mt19937& random) const {
  Entries entries = entries_;
  Nodes nodes = nodes_;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    apply((*calls_)[pending_[i]], fates[i], random, entries, nodes);
  }
  auto host = MemoryHost::make();
  host->next_number_ = next_number_;
  host->next_seed_ = next_seed_;
  for (const auto& [name, number] : entries) {
    auto file = std::make_shared<HostFile>();
    file->number = number;
    file->bytes = nodes[number];
    host->entries_[name] = std::move(file);
  }
  return host;
}

void CrashReplay::for_each_state(std::uint32_t seed, const CrashEffort& effort,
                                 const std::function<void(const CrashState&)>& visit) const {
  std::mt19937 random(seed + static_cast<std::uint32_t>(done_));
  const std::size_t count = pending_.size();
  const auto show = [&](const std::string& policy, const std::vector<Fate>& fates,
                        bool killed = false) {
    visit({done_, policy, killed, build(fates, random)});
  };
  show("all kept", std::vector(count, Fate::kept), true);
  if (count == 0) return;
  show("none kept", std::vector(count, Fate::dropped));
  show("lengths only", std::vector(count, Fate::length_only));

  std::vector<std::size_t> picks(count);
  for (std::size_t i = 0; i < count; ++i) picks[i] = i;
  if (count > effort.singles) {
    // The last ones are where the operation stood; the others by chance.
    std::shuffle(picks.begin(), picks.end() - static_cast<std::ptrdiff_t>(effort.singles / 2),
                 random);
    std::ranges::reverse(picks);
    picks.resize(effort.singles);
  }
  for (const std::size_t i : picks) {
    if (count == 1) break;  // "all" and "none" have been shown
    const std::string which = "call " + std::to_string(pending_[i]);
    std::vector<Fate> fates(count, Fate::dropped);
    fates[i] = Fate::kept;
    show("only " + which, fates);
    fates.assign(count, Fate::kept);
    fates[i] = Fate::dropped;
    show("all but " + which, fates);
  }
  for (const std::size_t i : picks) {
    const RecordedCall& call = (*calls_)[pending_[i]];
    if (call.kind != HostCall::write || call.data.size() <= kSector) continue;
    for (const Fate fate : {Fate::first_half, Fate::second_half, Fate::scattered}) {
      std::vector<Fate> fates(count, Fate::kept);
      fates[i] = fate;
      show("torn call " + std::to_string(pending_[i]), fates);
    }
  }
  for (std::size_t subset = 0; subset < effort.subsets; ++subset) {
    std::vector<Fate> fates(count);
    for (Fate& fate : fates) {
      switch (random() % 8) {
        case 0:
        case 1:
        case 2:
          fate = Fate::kept;
          break;
        case 3:
        case 4:
        case 5:
          fate = Fate::dropped;
          break;
        case 6:
          fate = Fate::length_only;
          break;
        default:
          fate = Fate::scattered;
      }
    }
    show("subset " + std::to_string(subset), fates);
  }
}

}  // namespace support
