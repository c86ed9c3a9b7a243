#include "storage/vhd_names.h"

#include <algorithm>
#include <utility>

#include "storage/endian.h"
#include "storage/file_io.h"
#include "storage/utf8.h"

namespace storage {

namespace {

bool is_drive(std::string_view name) {
  return name.size() > 1 && name[1] == ':' &&
         ((name[0] >= 'A' && name[0] <= 'Z') || (name[0] >= 'a' && name[0] <= 'z'));
}

// "C:\a\b.vhd" is "/a/b.vhd" here, ".\b.vhd" is "b.vhd".
std::string host_name(std::string_view name) {
  if (is_drive(name)) name.remove_prefix(2);
  std::string host(name);
  std::ranges::replace(host, '\\', '/');
  while (host.starts_with("./")) host.erase(0, 2);
  return host;
}

std::string last_component(std::string_view name) {
  return std::string(name.substr(name.find_last_of("\\/:") + 1));
}

std::string windows_name(std::string name) {
  std::ranges::replace(name, '/', '\\');
  return name;
}

bool is_high(char16_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low(char16_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

std::string locator_text(File& file, const VhdLocator& locator, bool wide) {
  const std::uint64_t size = file.size();
  const std::uint32_t length = locator.length;
  if (length == 0 || length > kMaxVhdLocator || locator.at > size || length > size - locator.at) {
    return {};
  }
  const auto bytes = read_bytes(file, locator.at, length);
  if (!wide) return {bytes.begin(), std::ranges::find(bytes, std::uint8_t{0})};
  std::vector<char16_t> units;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto unit = static_cast<char16_t>(bytes[i] | bytes[i + 1] << 8);
    if (unit == 0) break;
    units.push_back(unit);
  }
  return utf8_from_utf16(units);
}

// "file:///a/b%20c.vhd" and "file://localhost/a/b.vhd": the path, without its escapes.
std::string path_in_url(std::string_view url) {
  if (!url.starts_with("file://")) return {};
  url.remove_prefix(7);
  url.remove_prefix(std::min(url.find('/'), url.size()));
  std::string path;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < url.size(); ++i) {
    const bool escape =
        url[i] == '%' && i + 2 < url.size() && digit(url[i + 1]) >= 0 && digit(url[i + 2]) >= 0;
    path += escape ? static_cast<char>(digit(url[i + 1]) * 16 + digit(url[i + 2])) : url[i];
    if (escape) i += 2;
  }
  return path;
}

// How the parent is reached from the child's folder; empty: it is not known where either is.
std::string relative_name(const Place& child, const ParentRef& parent) {
  if (!parent.name.starts_with('/')) return parent.name;
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(child.directory->path(), error);
  if (error) return {};
  return std::filesystem::path(parent.name).lexically_relative(folder.lexically_normal()).string();
}

std::string absolute_name(const Place& child, const ParentRef& parent) {
  if (parent.name.starts_with('/')) return parent.name;
  if (!parent.path.empty() && parent.path.is_absolute()) return parent.path.string();
  std::error_code error;
  const auto path = std::filesystem::absolute(child.directory->path() / parent.name, error);
  return error ? std::string() : path.lexically_normal().string();
}

}  // namespace

std::string utf8_from_utf16(std::span<const char16_t> units) {
  std::string text;
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::uint32_t code = units[i];
    if (is_high(units[i]) && i + 1 < units.size() && is_low(units[i + 1])) {
      code = 0x10000 + ((code - 0xD800) << 10) + (units[++i] - 0xDC00U);
    }
    append_utf8(text, code);
  }
  return text;
}

std::u16string utf16_from_utf8(const std::filesystem::path& file, std::string_view text) {
  std::u16string units;
  const auto refuse = [&] {
    throw ImageError(file,
                     "cannot record its parent's name, which is no UTF-8: " + printable(text, 120));
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : 4;
    if (i + length > text.size() || (length == 4 && lead >> 3 != 30)) refuse();
    std::uint32_t code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if (byte >> 6 != 2) refuse();
      code = code << 6 | (byte & 0x3FU);
    }
    static constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10FFFF || code == 0) refuse();
    if (code >= 0x10000) {
      units += static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10));
      units += static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      units += static_cast<char16_t>(code);
    }
    i += length;
  }
  return units;
}

VhdNames read_vhd_names(File& file, const VhdHeader& header) {
  VhdNames names;
  std::vector<char16_t> units;
  for (const Be16& unit : header.parent_name) {
    if (unit == 0) break;
    units.push_back(static_cast<char16_t>(static_cast<std::uint16_t>(unit)));
  }
  names.header = utf8_from_utf16(units);
  for (const VhdLocator& locator : header.locators) {
    const std::string_view code = locator.code_text();
    if (code == "W2ru") names.relative = locator_text(file, locator, true);
    if (code == "W2ku") names.absolute = locator_text(file, locator, true);
    if (code == "MacX") names.url = locator_text(file, locator, false);
  }
  return names;
}

std::vector<std::string> VhdNames::candidates() const {
  std::vector<std::string> all;
  const auto add = [&](std::string name) {
    if (!name.empty() && std::ranges::find(all, name) == all.end()) all.push_back(std::move(name));
  };
  add(host_name(relative));
  add(last_component(header));
  add(last_component(absolute));
  add(host_name(absolute));
  add(path_in_url(url));
  return all;
}

VhdParentFields vhd_parent_fields(const Place& child, VhdHeader header, const ParentRef& parent,
                                  std::uint64_t at) {
  const std::filesystem::path file = child.path();
  const std::u16string name = utf16_from_utf8(file, last_component(parent.name));
  if (name.empty() || name.size() > header.parent_name.size()) {
    throw ImageError(file, "cannot record its parent's name: " + printable(parent.name, 120));
  }
  VhdParentFields fields{without_parent(header), {}};
  std::ranges::transform(name, fields.header.parent_name.begin(),
                         [](char16_t unit) { return Be16(static_cast<std::uint16_t>(unit)); });
  std::size_t index = 0;
  const auto add = [&](std::string_view code, const std::string& text) {
    const std::u16string units = utf16_from_utf8(file, windows_name(text));
    if (units.empty() || units.size() * 2 > kMaxVhdLocator) return;
    const std::size_t begin = fields.locators.size();
    for (const char16_t unit : units) {
      fields.locators.push_back(static_cast<std::uint8_t>(unit & 0xFF));
      fields.locators.push_back(static_cast<std::uint8_t>(unit >> 8));
    }
    VhdLocator& locator = fields.header.locators[index++];
    std::ranges::copy(code, locator.code.begin());
    locator.length = static_cast<std::uint32_t>(units.size() * 2);
    locator.at = at + begin;
    fields.locators.resize((fields.locators.size() + 511) / 512 * 512);
    locator.space = static_cast<std::uint32_t>(fields.locators.size() - begin);
  };
  const std::string relative = relative_name(child, parent);
  if (!relative.empty()) {
    const bool plain = !relative.starts_with('.') && !relative.starts_with('/');
    add("W2ru", (plain ? ".\\" : "") + relative);
  }
  add("W2ku", absolute_name(child, parent));
  return fields;
}

VhdHeader without_parent(VhdHeader header) {
  header.parent_id = {};
  header.parent_time = 0;
  header.parent_name = {};
  header.locators = {};
  return header;
}

}  // namespace storage
