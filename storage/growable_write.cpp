// One request that changes a growable image: in place, into new clusters, or by a link.
#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/growable_image.h"
#include "storage/layer.h"

namespace storage {

namespace {

constexpr std::size_t kFillBytes = 64 * 1024;
constexpr std::size_t kMaxProbed = 65536;
constexpr std::size_t kBatchChanges = 4096;

bool all_alike(std::span<const std::uint8_t> bytes) {
  return std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

bool all_are(std::span<const std::uint8_t> bytes, std::uint8_t byte) {
  return bytes.empty() || (bytes[0] == byte && all_alike(bytes));
}

}  // namespace

// The part of [lba, lba + count) that lies in the first cluster.
GrowableImage::Piece GrowableImage::piece_at(std::uint64_t lba, std::uint64_t count) const {
  Piece piece{.logical = lba / spc_, .skip = lba % spc_};
  piece.count = std::min(spc_ - piece.skip, count);
  return piece;
}

IoStatus GrowableImage::do_write(std::uint64_t lba, std::span<const std::uint8_t> in) {
  IoStatus status = begin_changing();
  while (status == IoStatus::ok && !in.empty()) {
    std::uint64_t done = 0;
    status = write_some(lba, in, batch_, done);
    in = in.subspan(static_cast<std::size_t>(done * kSectorSize));
    lba += done;
  }
  return finish(status);
}

// The words of what the request has written, or, when it failed, none of them: then every sector
// that is not written in place shows what it showed before.
IoStatus GrowableImage::finish(IoStatus status) {
  if (status == IoStatus::ok) {
    status = apply(batch_);
  } else {
    for (const Change& change : batch_.changes) {
      if (names_cluster(change.after)) unname(change.after);
    }
  }
  batch_.changes.clear();
  batch_.barrier = false;
  return status;
}

IoStatus GrowableImage::write_some(std::uint64_t lba, std::span<const std::uint8_t> in,
                                   Batch& batch, std::uint64_t& done) {
  const Piece piece = piece_at(lba, in.size() / kSectorSize);
  std::uint32_t word = kNoCluster;
  IoStatus status = word_at(piece.logical, word);
  if (status != IoStatus::ok) return status;
  if (!valid(word)) return IoStatus::corrupt;
  const auto bytes = in.first(static_cast<std::size_t>(piece.count * kSectorSize));
  if (all_alike(bytes)) {
    bool handled = false;
    status = write_uniform(piece, bytes, word, batch, handled);
    if (status != IoStatus::ok || handled) {
      done = piece.count;
      return status;
    }
  }
  if (!names_cluster(word)) return write_new(piece, in, word, batch, done);
  if (counts_.count(word) > 1) {
    done = piece.count;
    return unlink(piece, bytes, word, batch);
  }
  return write_in_place(piece, in, word, done);
}

IoStatus GrowableImage::write_in_place(Piece piece, std::span<const std::uint8_t> in,
                                       std::uint32_t word, std::uint64_t& done) {
  const std::uint64_t place = data_at(word) + piece.skip * kSectorSize;
  if ((counts_.entry(word) & ClusterCounts::kUniform) != 0) forget_byte(word);
  if ((counts_.entry(word) & ClusterCounts::kStale) != 0) {  // (4)
    const IoStatus status = sync_index();
    if (status != IoStatus::ok) return status;
  }
  const std::uint64_t wanted = in.size() / kSectorSize;
  done = piece.count;
  while (done < wanted) {
    const std::uint64_t count = std::min(spc_, wanted - done);
    std::uint32_t next = kNoCluster;
    if (word_at(++piece.logical, next) != IoStatus::ok || next != ++word) break;
    if (next >= file_clusters_ || counts_.entry(next) != 1) break;
    if (all_alike(in.subspan(static_cast<std::size_t>(done * kSectorSize),
                             static_cast<std::size_t>(count * kSectorSize)))) {
      break;
    }
    done += count;
  }
  data_dirty_ = true;
  return data_->write_at(place, in.first(static_cast<std::size_t>(done * kSectorSize)));
}

// Copies what the parent has there.
IoStatus GrowableImage::fill(std::uint64_t lba, std::uint64_t count, std::uint64_t host_offset) {
  std::vector<std::uint8_t> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(kFillBytes, count * kSectorSize)));
  while (count != 0) {
    const std::uint64_t now = std::min<std::uint64_t>(count, kFillBytes / kSectorSize);
    const auto bytes = std::span(buffer).first(static_cast<std::size_t>(now * kSectorSize));
    IoStatus status = read_below(lba, bytes);
    if (status == IoStatus::ok) status = data_->write_at(host_offset, bytes);
    if (status != IoStatus::ok) return status;
    lba += now;
    host_offset += bytes.size();
    count -= now;
  }
  return IoStatus::ok;
}

// Clusters that have no place yet, as many as lie together in the request and in the file.
IoStatus GrowableImage::write_new(Piece piece, std::span<const std::uint8_t> in, std::uint32_t word,
                                  Batch& batch, std::uint64_t& done) {
  const std::uint64_t wanted = in.size() / kSectorSize;
  std::uint64_t clusters = 1;
  std::uint64_t count = piece.count;
  while (count < wanted) {
    const std::uint64_t now = std::min(spc_, wanted - count);
    std::uint32_t next = kNoCluster;
    if (word_at(piece.logical + clusters, next) != IoStatus::ok || next != word) break;
    if (all_alike(in.subspan(static_cast<std::size_t>(count * kSectorSize),
                             static_cast<std::size_t>(now * kSectorSize)))) {
      break;
    }
    ++clusters;
    count += now;
  }
  ClusterCounts::Run run;
  IoStatus status = take(clusters, run);
  if (status != IoStatus::ok) return status;
  if (run.count < clusters) {
    clusters = run.count;
    count = clusters * spc_ - piece.skip;
  }
  const std::uint64_t place = data_at(run.first);
  const auto bytes = in.first(static_cast<std::size_t>(count * kSectorSize));
  // What the guest does not write is zero already, by (1), unless the parent has something there.
  const bool hides_parent = !reads_zero(word);
  data_dirty_ = true;
  if (hides_parent) {
    const std::uint64_t begin = piece.logical * spc_;
    const std::uint64_t end = begin + piece.skip + count;
    const std::uint64_t whole = std::min(begin + clusters * spc_, std::uint64_t{head_.sectors});
    status = fill(begin, piece.skip, place);
    if (status == IoStatus::ok) {
      status = fill(end, whole - end, place + (end - begin) * kSectorSize);
    }
    batch.barrier = true;
  }
  if (status == IoStatus::ok) {
    status = data_->write_at(place + piece.skip * kSectorSize, bytes);
  }
  for (std::uint32_t i = 0; i < clusters; ++i) {
    if (status == IoStatus::ok) {
      name(run.first + i);
      batch.changes.push_back({piece.logical + i, word, run.first + i});
    } else {
      spoil(run.first + i);
    }
  }
  done = count;
  return status;
}

// A write to a cluster that others share: it gets one of its own.
IoStatus GrowableImage::unlink(const Piece& piece, std::span<const std::uint8_t> in,
                               std::uint32_t word, Batch& batch) {
  buffer_.resize(static_cast<std::size_t>(cluster_bytes_));
  const auto whole = std::span(buffer_);
  IoStatus status = IoStatus::ok;
  if (in.size() < whole.size()) status = data_->read_at(data_at(word), whole);
  if (status != IoStatus::ok) return status;
  std::ranges::copy(in, whole.subspan(static_cast<std::size_t>(piece.skip * kSectorSize)).begin());
  ClusterCounts::Run run;
  status = take(1, run);
  if (status != IoStatus::ok) return status;
  data_dirty_ = true;
  status = data_->write_at(data_at(run.first), whole);
  if (status != IoStatus::ok) {
    spoil(run.first);
    return status;
  }
  name(run.first);
  batch.changes.push_back({piece.logical, word, run.first});
  batch.barrier = true;
  return IoStatus::ok;
}

// Whether the sectors of the cluster around the piece all are `byte`. Between two commits looked at
// once for a byte, and once more when the piece ends the cluster: it may have been filled in order.
IoStatus GrowableImage::rest_is(const Piece& piece, std::uint32_t word, std::uint8_t byte,
                                bool& same) {
  same = false;
  const std::uint64_t sectors = cluster_sectors(piece.logical);
  const bool ends = piece.skip + piece.count == sectors;
  const std::uint64_t key = (piece.logical << 8 | byte) << 1 | (ends ? 1 : 0);
  if (probed_.size() >= kMaxProbed || !probed_.insert(key).second) return IoStatus::ok;
  const auto look = [&](std::uint64_t first, std::uint64_t count) {
    buffer_.resize(static_cast<std::size_t>(cluster_bytes_));
    const auto bytes = std::span(buffer_).first(static_cast<std::size_t>(count * kSectorSize));
    const IoStatus status = data_->read_at(data_at(word) + first * kSectorSize, bytes);
    same = status == IoStatus::ok && all_are(bytes, byte);
    return status;
  };
  // The neighbouring sector first: it mostly tells.
  if (piece.skip != 0) {
    IoStatus status = look(piece.skip - 1, 1);
    if (same && piece.skip > 1) status = look(0, piece.skip - 1);
    if (status != IoStatus::ok || !same) return status;
  }
  const std::uint64_t end = piece.skip + piece.count;
  return end == sectors ? IoStatus::ok : look(end, sectors - end);
}

// A piece of one repeated byte. Not handled: it is to be written like any other.
IoStatus GrowableImage::write_uniform(const Piece& piece, std::span<const std::uint8_t> in,
                                      std::uint32_t word, Batch& batch, bool& handled) {
  const std::uint8_t byte = in[0];
  handled =
      (byte == 0 && reads_zero(word)) || (names_cluster(word) && bytes_[byte].cluster == word);
  if (handled) return IoStatus::ok;
  const std::uint64_t sectors = cluster_sectors(piece.logical);
  bool whole = piece.count == sectors;
  if (!whole && names_cluster(word) && counts_.count(word) == 1) {
    const IoStatus status = rest_is(piece, word, byte, whole);
    if (status != IoStatus::ok) return status;
  }
  if (!whole) return IoStatus::ok;
  if (byte == 0) {
    zero_whole(piece.logical, word, batch);
    handled = true;
    return IoStatus::ok;
  }
  // Beyond the disk's end there is no such byte.
  if (!links_ || sectors != spc_) return IoStatus::ok;
  handled = true;
  return link_or_make(piece, in, word, batch);
}

IoStatus GrowableImage::link_or_make(const Piece& piece, std::span<const std::uint8_t> in,
                                     std::uint32_t word, Batch& batch) {
  const std::uint8_t byte = in[0];
  const KnownByte& known = bytes_[byte];
  IoStatus status = IoStatus::ok;
  if (known.cluster != kNoCluster) {
    if ((head_.read_only_compatible & kHasLinks) == 0) {
      GrowableHeader next = head_;
      next.read_only_compatible = next.read_only_compatible | kHasLinks;
      status = store_header(next);
      if (status != IoStatus::ok) return status;
    }
    if (!known.durable) batch.barrier = true;  // it may hold another's old bytes
    name(known.cluster);
    batch.changes.push_back({piece.logical, word, known.cluster});
    return IoStatus::ok;
  }
  if (names_cluster(word) && (counts_.entry(word) & ~ClusterCounts::kUniform) == 1) {
    forget_byte(word);
    data_dirty_ = true;
    status = data_->write_at(data_at(word) + piece.skip * kSectorSize, in);
    if (status == IoStatus::ok) know_byte(byte, word);
    return status;
  }
  ClusterCounts::Run run;
  status = take(1, run);
  if (status != IoStatus::ok) return status;
  buffer_.assign(static_cast<std::size_t>(cluster_bytes_), byte);
  data_dirty_ = true;
  status = data_->write_at(data_at(run.first), buffer_);
  if (status != IoStatus::ok) {
    spoil(run.first);
    return status;
  }
  name(run.first);
  know_byte(byte, run.first);
  batch.changes.push_back({piece.logical, word, run.first});
  if (!reads_zero(word)) batch.barrier = true;
  return IoStatus::ok;
}

void GrowableImage::zero_whole(std::uint64_t logical, std::uint32_t word, Batch& batch) {
  const std::uint32_t after = has_parent() ? kZeroCluster : kNoCluster;
  if (word != after && !(word == kZeroCluster && !has_parent())) {
    batch.changes.push_back({logical, word, after});
  }
}

IoStatus GrowableImage::clear_range(std::uint64_t lba, std::uint64_t count, Edges edges) {
  static constexpr std::array<std::uint8_t, kFillBytes> kZeroes{};
  IoStatus status = begin_changing();
  while (status == IoStatus::ok && count != 0) {
    const Piece piece = piece_at(lba, count);
    if (piece.logical >= words_ && !has_parent()) break;  // nothing up to the disk's end
    std::uint32_t word = kNoCluster;
    status = word_at(piece.logical, word);
    if (status == IoStatus::ok && !valid(word)) status = IoStatus::corrupt;
    if (status != IoStatus::ok) break;
    std::uint64_t done = piece.count;
    if (piece.count == cluster_sectors(piece.logical)) {
      // A discard leaves what the parent shows.
      if (edges == Edges::write || names_cluster(word)) zero_whole(piece.logical, word, batch_);
    } else if (edges == Edges::write) {
      const std::uint64_t most = std::min<std::uint64_t>(piece.count, kFillBytes / kSectorSize);
      const auto zeroes = std::span(kZeroes).first(static_cast<std::size_t>(most * kSectorSize));
      status = write_some(lba, zeroes, batch_, done);
      // The next piece may lie in the same cluster.
      if (status == IoStatus::ok) status = apply(batch_);
    }
    if (batch_.changes.size() >= kBatchChanges && status == IoStatus::ok) status = apply(batch_);
    lba += done;
    count -= done;
  }
  return finish(status);
}

IoStatus GrowableImage::do_write_zeroes(std::uint64_t lba, std::uint64_t count) {
  return clear_range(lba, count, Edges::write);
}

IoStatus GrowableImage::do_discard(std::uint64_t lba, std::uint64_t count) {
  return clear_range(lba, count, Edges::leave);
}

}  // namespace storage
