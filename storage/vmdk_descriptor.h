// The text descriptor of a VMDK: what it says, and changes to single lines of it. Everything that
// is not changed (unknown keys, comments, blanks, line ends, order) stays byte for byte, because
// other products keep things of their own in there.
//
// [VDF]  VMware, Virtual Disk Format 1.1 and 5.0, "The Descriptor"
// Not implemented: encodings other than UTF-8 and windows-1252 (their names are taken as bytes).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/id_source.h"

namespace storage {

inline constexpr std::size_t kMaxVmdkDescriptor = 1024 * 1024;
inline constexpr std::size_t kMaxVmdkLine = 64 * 1024;
inline constexpr std::size_t kMaxVmdkExtents = 4096;
inline constexpr std::uint64_t kMaxVmdkSectors = std::uint64_t{1} << 54;
inline constexpr std::uint32_t kNoParentCid = 0xFFFFFFFF;
inline constexpr std::uint32_t kStreamCid = 0xFFFFFFFE;

enum class VmdkAccess : std::uint8_t { rw, rdonly, noaccess };
enum class VmdkKind : std::uint8_t { flat, sparse, zero, vmfs, vmfs_sparse };
std::string_view word_of(VmdkKind kind);  // "FLAT"

// RW 4192256 SPARSE "disk-s001.vmdk"
struct VmdkExtentLine {
  VmdkAccess access = VmdkAccess::rw;
  std::uint64_t sectors = 0;
  VmdkKind kind = VmdkKind::sparse;
  std::string name = {};     // as it stands in the file, without quotes
  std::uint64_t offset = 0;  // in sectors; flat only

  std::string text() const;
};

class VmdkDescriptor {
 public:
  // Takes the text up to its first NUL. Throws ImageError naming `file`; among others for a line
  // that may be an extent in a form not known here: leaving it out would shift the disk.
  VmdkDescriptor(const std::filesystem::path& file, std::string_view text);

  std::string text() const;
  const std::vector<VmdkExtentLine>& extents() const { return extents_; }
  // Without quotes; the first of several. Keys are compared whole and without regard to case.
  std::optional<std::string> value(std::string_view key) const;
  std::string value_or(std::string_view key, std::string_view otherwise) const;

  std::uint32_t cid() const { return cid_; }
  std::uint32_t parent_cid() const { return parent_cid_; }
  std::string create_type() const { return value_or("createType", ""); }
  // Empty: there is no parent.
  std::string parent_hint() const;
  // A name in this descriptor as the host spells it.
  std::string host_name(std::string_view name) const;

  // Keeps the line's form (blanks, quotes); adds the line where it belongs when there is none.
  void set(std::string_view key, std::string_view value);
  void remove(std::string_view key);
  // CID and, where there is one, the end of the longContentID that repeats it.
  void set_cid(std::uint32_t cid);
  void set_parent(std::uint32_t cid, std::string_view hint);
  void clear_parent();
  // A content id unlike any of `others`, that takes the place of the present one digit for digit:
  // so no other byte of an embedded descriptor moves.
  std::uint32_t draw_cid(IdSource& ids, std::initializer_list<std::uint32_t> others) const;
  void set_extent_sectors(std::size_t extent, std::uint64_t sectors);
  void add_extent(const VmdkExtentLine& extent);
  void drop_last_extent();

  // While a commit changes the parent's content id, its child carries the new one beside the old:
  // a comment to everybody else.
  std::optional<std::uint32_t> promised_parent_cid() const;
  void set_promised_parent_cid(std::optional<std::uint32_t> cid);

 private:
  enum class LineKind : std::uint8_t { other, key, extent };
  struct Line {
    std::string text;
    std::string end;  // "\n", "\r\n" or nothing
    LineKind kind = LineKind::other;
    std::string key = {};      // lower case
    std::size_t value_at = 0;  // without its quote
    std::size_t value_size = 0;
  };

  [[noreturn]] void refuse(std::size_t line, std::string_view why) const;
  Line read_line(std::string text, std::string end, std::size_t number);
  VmdkExtentLine read_extent(std::string_view text, std::size_t number) const;
  std::uint32_t read_cid(std::string_view key, std::uint32_t otherwise) const;
  const Line* find(std::string_view key) const;
  Line* find(std::string_view key);
  Line* extent_line(std::size_t extent);
  void insert_line(std::size_t at, std::string text, LineKind kind);
  void insert_key(std::size_t at, std::string_view key, std::string_view value, bool quoted);
  std::size_t after_key(std::string_view key, std::size_t otherwise) const;
  std::string usual_end() const;
  void replace_value(Line& line, std::string_view value);

  std::filesystem::path file_;
  std::vector<Line> lines_;
  std::vector<VmdkExtentLine> extents_;
  std::uint32_t cid_ = 0;
  std::uint32_t parent_cid_ = kNoParentCid;
  bool database_ = false;  // while parsing: the ddb section has begun
};

// 1 to 8 hex digits.
std::optional<std::uint32_t> parse_cid(std::string_view text);
std::string cid_text(std::uint32_t cid, std::size_t digits = 8);
// Neither "none" nor a value by which programs mean something else.
bool ordinary_cid(std::uint32_t cid);

}  // namespace storage
