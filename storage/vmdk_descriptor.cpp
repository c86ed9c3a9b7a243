#include "storage/vmdk_descriptor.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "storage/image_error.h"
#include "storage/utf8.h"

namespace storage {

namespace {

constexpr std::string_view kBlanks = " \t\v\f";
constexpr std::string_view kPromise = "# Platter: commit running, parent becomes ";
constexpr std::array<std::string_view, 3> kAccessWords = {"RW", "RDONLY", "NOACCESS"};
constexpr std::array<std::string_view, 5> kKindWords = {"FLAT", "SPARSE", "ZERO", "VMFS",
                                                        "VMFSSPARSE"};

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

std::string lowered(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

bool same_word(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

// The place of `word` in `words`, or nothing.
template <std::size_t N>
std::optional<std::size_t> place_in(const std::array<std::string_view, N>& words,
                                    std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (same_word(words[i], word)) return i;
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// Cuts the first word off, and the blanks around it.
std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  text = trimmed(text);
  return word;
}

bool is_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// [windows-1252] as Unicode's own table maps it; 0: not assigned.
constexpr std::array<std::uint16_t, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

}  // namespace

std::optional<std::uint32_t> parse_cid(std::string_view text) {
  std::uint32_t value = 0;
  if (text.empty() || text.size() > 8) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string cid_text(std::uint32_t cid, std::size_t digits) {
  std::string text;
  for (std::size_t i = digits; i-- > 0;) text += "0123456789abcdef"[cid >> (4 * i) & 0xF];
  return text;
}

bool ordinary_cid(std::uint32_t cid) {
  return cid != 0 && cid != kNoParentCid && cid != kStreamCid;
}

std::string_view word_of(VmdkKind kind) {
  return kKindWords[static_cast<std::size_t>(kind)];
}

std::string VmdkExtentLine::text() const {
  std::string line = std::string(kAccessWords[static_cast<std::size_t>(access)]) + " " +
                     std::to_string(sectors) + " " + std::string(word_of(kind));
  if (kind != VmdkKind::zero) line += " \"" + name + "\"";
  if (kind == VmdkKind::flat) line += " " + std::to_string(offset);
  return line;
}

VmdkDescriptor::VmdkDescriptor(const std::filesystem::path& file, std::string_view text)
    : file_(file) {
  text = text.substr(0, text.find('\0'));
  if (text.size() > kMaxVmdkDescriptor) {
    throw ImageError(file,
                     "has a descriptor that is too long (size = " + std::to_string(text.size()) +
                         ", allowed " + std::to_string(kMaxVmdkDescriptor) + ")");
  }
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    std::string_view end = newline == text.npos ? "" : "\n";
    text.remove_prefix(line.size() + end.size());
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
      end = end.empty() ? "\r" : "\r\n";
    }
    lines_.push_back(read_line(std::string(line), std::string(end), lines_.size() + 1));
  }
  std::uint64_t total = 0;
  for (const VmdkExtentLine& extent : extents_) {
    total += extent.sectors;
    if (total <= kMaxVmdkSectors) continue;
    throw ImageError(file, "has too many sectors (sum of extents = " + std::to_string(total) +
                               ", allowed " + std::to_string(kMaxVmdkSectors) + ")");
  }
  if (const auto version = value("version")) {
    if (*version != "1" && *version != "2" && *version != "3") {
      throw ImageError(file, "has a descriptor of unknown version (version = " +
                                 printable(*version, 20) + ", allowed 1 to 3)");
    }
  }
  cid_ = read_cid("CID", 0);
  parent_cid_ = read_cid("parentCID", kNoParentCid);
}

void VmdkDescriptor::refuse(std::size_t line, std::string_view why) const {
  throw ImageError(file_, "descriptor line " + std::to_string(line) + " " + std::string(why));
}

VmdkDescriptor::Line VmdkDescriptor::read_line(std::string text, std::string end,
                                               std::size_t number) {
  Line line{.text = std::move(text), .end = std::move(end)};
  const std::string_view whole = line.text;
  if (whole.size() > kMaxVmdkLine) refuse(number, "is too long");
  const std::string_view content = trimmed(whole);
  if (content.starts_with('#') && lowered(content).starts_with("#ddb")) database_ = true;
  if (content.empty() || content.starts_with('#')) return line;
  std::string_view rest = content;
  if (place_in(kAccessWords, take_word(rest))) {
    line.kind = LineKind::extent;
    if (extents_.size() >= kMaxVmdkExtents) {
      refuse(number, "is one extent too many (allowed " + std::to_string(kMaxVmdkExtents) + ")");
    }
    extents_.push_back(read_extent(content, number));
    return line;
  }
  const std::size_t equals = whole.find('=');
  const std::string key = equals == whole.npos ? "" : lowered(trimmed(whole.substr(0, equals)));
  if (!is_key(key)) {
    if (database_) return line;
    refuse(number, "is neither a key nor an extent known here: \"" + printable(content, 80) + "\"");
  }
  database_ = database_ || key.starts_with("ddb.");
  line.kind = LineKind::key;
  line.key = key;
  std::string_view value = trimmed(whole.substr(equals + 1));
  line.value_at =
      value.empty() ? equals + 1 : static_cast<std::size_t>(value.data() - whole.data());
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    ++line.value_at;
    value = value.substr(0, value.rfind('"'));
  }
  line.value_size = value.size();
  return line;
}

VmdkExtentLine VmdkDescriptor::read_extent(std::string_view text, std::size_t number) const {
  VmdkExtentLine extent;
  const auto access = place_in(kAccessWords, take_word(text));
  extent.access = static_cast<VmdkAccess>(access.value_or(0));
  const std::string_view count = take_word(text);
  const auto sectors = parse_number(count);
  if (!sectors || *sectors == 0 || *sectors > kMaxVmdkSectors) {
    refuse(number, "has an impossible size (sectors = " + printable(count, 40) + ", allowed 1 to " +
                       std::to_string(kMaxVmdkSectors) + ")");
  }
  extent.sectors = *sectors;
  const std::string_view word = take_word(text);
  const auto kind = place_in(kKindWords, word);
  if (!kind) {
    refuse(number, "has an extent type not known here (type = " + printable(word, 40) +
                       ", allowed FLAT, SPARSE, ZERO, VMFS, VMFSSPARSE)");
  }
  extent.kind = static_cast<VmdkKind>(*kind);
  if (extent.kind == VmdkKind::zero) return extent;
  if (text.starts_with('"')) {
    const std::size_t close = text.find('"', 1);
    if (close == text.npos) refuse(number, "has a name without a closing quote");
    extent.name = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
  } else {
    extent.name = take_word(text);
  }
  // An area that nobody may access needs no file.
  if (extent.name.empty() && extent.access != VmdkAccess::noaccess) refuse(number, "names no file");
  const std::string_view offset = take_word(text);
  if (!offset.empty() && extent.kind != VmdkKind::sparse && extent.kind != VmdkKind::vmfs_sparse) {
    const auto value = parse_number(offset);
    if (!value || *value > kMaxVmdkSectors) {
      refuse(number, "has an impossible offset (offset = " + printable(offset, 40) + ")");
    }
    extent.offset = *value;
  }
  return extent;
}

std::uint32_t VmdkDescriptor::read_cid(std::string_view key, std::uint32_t otherwise) const {
  const auto text = value(key);
  if (!text) return otherwise;
  const auto cid = parse_cid(*text);
  if (!cid) {
    throw ImageError(file_, "has no content id where it should be (" + std::string(key) + " = " +
                                printable(*text, 40) + ", allowed 1 to 8 hex digits)");
  }
  return *cid;
}

std::string VmdkDescriptor::text() const {
  std::string all;
  for (const Line& line : lines_) {
    all += line.text;
    all += line.end;
  }
  return all;
}

const VmdkDescriptor::Line* VmdkDescriptor::find(std::string_view key) const {
  const auto line = std::ranges::find_if(lines_, [&](const Line& candidate) {
    return candidate.kind == LineKind::key && same_word(candidate.key, key);
  });
  return line == lines_.end() ? nullptr : &*line;
}

VmdkDescriptor::Line* VmdkDescriptor::find(std::string_view key) {
  return const_cast<Line*>(std::as_const(*this).find(key));
}

std::optional<std::string> VmdkDescriptor::value(std::string_view key) const {
  const Line* const line = find(key);
  if (line == nullptr) return std::nullopt;
  return line->text.substr(line->value_at, line->value_size);
}

std::string VmdkDescriptor::value_or(std::string_view key, std::string_view otherwise) const {
  return value(key).value_or(std::string(otherwise));
}

std::string VmdkDescriptor::parent_hint() const {
  return parent_cid_ == kNoParentCid ? "" : value_or("parentFileNameHint", "");
}

std::string VmdkDescriptor::host_name(std::string_view name) const {
  if (!same_word(value_or("encoding", "UTF-8"), "windows-1252")) return std::string(name);
  std::string text;
  for (const char character : name) {
    const auto byte = static_cast<unsigned char>(character);
    const unsigned code = byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : byte;
    if (code == 0 && byte != 0) {
      throw ImageError(file_, "the name \"" + printable(name, 120) +
                                  "\" cannot be read in its encoding, windows-1252");
    }
    append_utf8(text, code);
  }
  return text;
}

std::string VmdkDescriptor::usual_end() const {
  return lines_.empty() || !lines_.front().end.ends_with('\n') ? "\n" : lines_.front().end;
}

void VmdkDescriptor::insert_line(std::size_t at, std::string text, LineKind kind) {
  // A last line without an end (a CR alone is none) gets one before something follows it.
  if (at != 0 && !lines_[at - 1].end.ends_with('\n')) lines_[at - 1].end = usual_end();
  lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at),
                Line{.text = std::move(text), .end = usual_end(), .kind = kind});
}

void VmdkDescriptor::insert_key(std::size_t at, std::string_view key, std::string_view value,
                                bool quoted) {
  const std::string quote = quoted ? "\"" : "";
  insert_line(at, std::string(key) + "=" + quote + std::string(value) + quote, LineKind::key);
  Line& line = lines_[at];
  line.key = lowered(key);
  line.value_at = key.size() + 1 + quote.size();
  line.value_size = value.size();
}

std::size_t VmdkDescriptor::after_key(std::string_view key, std::size_t otherwise) const {
  const Line* const line = find(key);
  return line == nullptr ? otherwise : static_cast<std::size_t>(line - lines_.data()) + 1;
}

void VmdkDescriptor::replace_value(Line& line, std::string_view value) {
  line.text.replace(line.value_at, line.value_size, value);
  line.value_size = value.size();
}

void VmdkDescriptor::set(std::string_view key, std::string_view value) {
  if (Line* const line = find(key)) {
    replace_value(*line, value);
    return;
  }
  if (key.starts_with("ddb.")) {
    insert_key(lines_.size(), key, value, true);
    return;
  }
  // The order that VirtualBox insists on: keys before extents before ddb.
  const auto extent = std::ranges::find(lines_, LineKind::extent, &Line::kind);
  auto place = static_cast<std::size_t>(extent - lines_.begin());
  place = after_key("version", std::min<std::size_t>(place, lines_.empty() ? 0 : 1));
  if (!same_word(key, "CID")) place = after_key("CID", place);
  if (same_word(key, "parentFileNameHint")) place = after_key("createType", place);
  insert_key(place, key, value, !same_word(key, "CID") && !same_word(key, "parentCID"));
}

void VmdkDescriptor::remove(std::string_view key) {
  while (const Line* const line = find(key)) lines_.erase(lines_.begin() + (line - lines_.data()));
}

void VmdkDescriptor::set_cid(std::uint32_t cid) {
  const std::string before = value_or("CID", "00000000");
  // Fewer digits than eight stay so few when the value lets them.
  const bool fits = before.size() >= 8 || cid >> (4 * before.size()) == 0;
  set("CID", cid_text(cid, fits ? before.size() : 8));
  if (Line* const line = find("ddb.longContentID"); line != nullptr && line->value_size == 32) {
    line->text.replace(line->value_at + 24, 8, cid_text(cid));
  }
  cid_ = cid;
}

void VmdkDescriptor::set_parent(std::uint32_t cid, std::string_view hint) {
  set("parentCID", cid_text(cid));
  set("parentFileNameHint", hint);
  parent_cid_ = cid;
}

void VmdkDescriptor::clear_parent() {
  set("parentCID", cid_text(kNoParentCid));
  remove("parentFileNameHint");
  parent_cid_ = kNoParentCid;
}

std::uint32_t VmdkDescriptor::draw_cid(IdSource& ids,
                                       std::initializer_list<std::uint32_t> others) const {
  std::size_t digits = value_or("CID", "00000000").size();
  if (digits < 6) digits = 8;  // too few to be unlike anything
  for (;;) {
    const std::uint32_t cid = ids.random32() >> (4 * (8 - digits));
    if (ordinary_cid(cid) && cid != cid_ && std::ranges::find(others, cid) == others.end()) {
      return cid;
    }
  }
}

VmdkDescriptor::Line* VmdkDescriptor::extent_line(std::size_t extent) {
  for (Line& line : lines_) {
    if (line.kind == LineKind::extent && extent-- == 0) return &line;
  }
  return nullptr;
}

void VmdkDescriptor::set_extent_sectors(std::size_t extent, std::uint64_t sectors) {
  Line& line = *extent_line(extent);
  const std::string_view text = line.text;
  std::size_t at = text.find_first_not_of(kBlanks);
  at = text.find_first_of(kBlanks, at);
  at = text.find_first_not_of(kBlanks, at);
  const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
  line.text.replace(at, end - at, std::to_string(sectors));
  extents_[extent].sectors = sectors;
}

void VmdkDescriptor::add_extent(const VmdkExtentLine& extent) {
  const Line* const last = extents_.empty() ? nullptr : extent_line(extents_.size() - 1);
  const std::size_t place =
      last == nullptr ? lines_.size() : static_cast<std::size_t>(last - lines_.data()) + 1;
  insert_line(place, extent.text(), LineKind::extent);
  extents_.push_back(extent);
}

void VmdkDescriptor::drop_last_extent() {
  const Line* const last = extent_line(extents_.size() - 1);
  lines_.erase(lines_.begin() + (last - lines_.data()));
  extents_.pop_back();
}

std::optional<std::uint32_t> VmdkDescriptor::promised_parent_cid() const {
  for (const Line& line : lines_) {
    if (line.text.starts_with(kPromise)) {
      return parse_cid(trimmed(std::string_view(line.text).substr(kPromise.size())));
    }
  }
  return std::nullopt;
}

void VmdkDescriptor::set_promised_parent_cid(std::optional<std::uint32_t> cid) {
  std::erase_if(lines_, [](const Line& line) { return line.text.starts_with(kPromise); });
  if (cid) insert_line(lines_.size(), std::string(kPromise) + cid_text(*cid), LineKind::other);
}

}  // namespace storage
