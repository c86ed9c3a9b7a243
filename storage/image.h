// An open image file with what only image files have: facts for `info`, a parent, and the
// operations on the whole image. Every driver's device is an Image.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/block_device.h"
#include "storage/image_error.h"

namespace storage {

// Thrown out of an operation that the user interrupted.
class Cancelled final : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

// How far an operation is, in units of its own. `step` answers false to stop it.
struct Progress {
  std::function<bool(std::uint64_t done, std::uint64_t total)> step;

  void report(std::uint64_t done, std::uint64_t total) const {
    if (step && !step(done, total)) throw Cancelled();
  }
};

// When an image gives back what the guest's DOS deletes: fat_watch.h.
enum class FatFree : std::uint8_t { off, at_close, live };

using Facts = std::vector<std::pair<std::string, std::string>>;

// One host file of an image.
struct ImageFile {
  std::filesystem::path path;
  std::string role;                   // "extent 2", "descriptor", "data file", "" for the only one
  std::uint64_t size = 0;             // bytes
  std::uint64_t allocated_bytes = 0;  // on the host
};

// One stretch of the disk, of a format that joins several.
struct ImageExtent {
  std::filesystem::path path;  // empty: it has no file
  std::string kind;            // by the format's word, "SPARSE"
  std::uint64_t sectors = 0;
  std::uint64_t cluster_bytes = 0;  // 0: no clusters
};

// The parent as the image names it.
struct ParentRecord {
  std::string name;               // the name that is followed first
  std::vector<std::string> more;  // other names to try
  std::string format;             // empty: none recorded
  Facts ids;                      // what the parent must carry: "CID", "uuid"
};

// Of this image alone, without its parents.
struct ImageInfo {
  std::string subformat;            // empty when the format has only one
  std::uint64_t cluster_bytes = 0;  // 0: no clusters
  std::string geometry_origin;      // "header", "footer", "descriptor"; empty: geometry unknown
  Facts ids;                        // "CID", "uuid", "generation"
  std::vector<ImageFile> files;     // the one the user named comes first
  std::vector<ImageExtent>
      extents;  // in their order on the disk; empty: the image is not made of any
  std::vector<std::string> marks;  // "unclean shutdown", "footer lost": what check should see
  std::optional<ParentRecord> parent;
  Facts more;                                  // whatever else the format tells
  std::optional<std::uint64_t> free_clusters;  // in its files, waiting to be used again

  std::uint64_t host_bytes() const {
    std::uint64_t sum = 0;
    for (const ImageFile& file : files) sum += file.allocated_bytes;
    return sum;
  }
  // As long as they are, holes and all.
  std::uint64_t file_bytes() const {
    std::uint64_t sum = 0;
    for (const ImageFile& file : files) sum += file.size;
    return sum;
  }
};

class Image;

// A parent for a new child, or for one that changes its parent.
struct ParentRef {
  // Open; for reading. nullptr: the user asked to change the record alone (rebase -u).
  Image* image = nullptr;
  std::string name;            // to record: name_to_record() in directory.h
  std::string format;          // a row's name; empty when image is null and none was given
  std::filesystem::path path;  // where it is: for formats that record an absolute name too
};

class Image : public BlockDevice {
 public:
  virtual ImageInfo info() const = 0;
  // What the image itself asks for, where a drive says nothing else.
  virtual FatFree fat_free() const { return FatFree::off; }

  // Shows zeroes from now on whatever the parent has there, and whatever another one will have that
  // is about to take its place: write_zeroes() may leave alone what reads as zeroes already.
  virtual IoStatus cover_with_zeroes(std::uint64_t lba, std::uint64_t count) {
    return write_zeroes(lba, count);
  }

  // nullptr: none, or not opened.
  virtual Image* parent() { return nullptr; }
  const Image* parent() const { return const_cast<Image*>(this)->parent(); }

  // The operations below throw ImageError or Cancelled. They leave the image valid wherever they
  // are cut off, and this object usable. The defaults say that the format cannot.

  // `sectors` differs from sector_count(). Shrinking drops content only with `drop_data`.
  virtual void resize(std::uint64_t sectors, bool drop_data, const Progress& progress);
  // Gives back host space: clusters of zeroes, freed clusters, a tail that nothing uses.
  virtual void compact(const Progress& progress);
  // Lets clusters of one repeated byte share one.
  virtual void link_uniform(const Progress& progress);
  // Records another parent, or none (nullptr). The caller has seen to it that the content stays.
  // Only info() and close() may follow.
  virtual void set_parent(const ParentRef* parent);
  // Everything of this layer is in parent(), which is open for writing as a commit target and has
  // been flushed. Gives the parent its new identity, makes this child follow it, and drops this
  // layer's clusters when `empty`. A cut at any point leaves a chain that opens and reads right.
  // Only info() and close() may follow.
  virtual void finish_commit(bool empty, const Progress& progress);

  // Puts everything that is read from elsewhere into one host file that is a raw disk by itself,
  // and answers which one that is. Only info() and close() may follow.
  virtual std::filesystem::path make_standalone(const Progress& progress);
  // A commit target whose child knows no identity: takes its new one now that all is in it.
  virtual void renew_identity() {}

 protected:
  // Throws ImageError: "cannot be ...".
  [[noreturn]] void cannot(std::string_view what) const;
};

struct CheckOptions {
  enum class Repair : std::uint8_t { none, leaks, all };
  Repair repair = Repair::none;
  bool drop_data = false;  // repair may drop what it cannot make sense of
  Progress progress;
};

struct CheckReport {
  static constexpr std::size_t kMaxLines = 1000;

  std::uint64_t errors = 0;
  std::uint64_t leaks = 0;  // clusters that nothing names
  std::uint64_t errors_fixed = 0;
  std::uint64_t leaks_fixed = 0;
  std::uint64_t clusters = 0;  // of the disk
  std::uint64_t allocated = 0;
  std::uint64_t fragmented = 0;
  std::uint64_t compressed = 0;
  std::uint64_t end_offset = 0;    // the last byte in use, plus one
  std::vector<std::string> lines;  // what was found, in sentences; at most kMaxLines and one more

  void error(std::string line) {
    ++errors;
    say(std::move(line));
  }
  void leak(std::uint64_t clusters_lost, std::string line) {
    leaks += clusters_lost;
    say(std::move(line));
  }
  void say(std::string line);
};

}  // namespace storage
