// Turns the ASCII drawings of a character set (bios/fonts/font_8x16.txt, font_8x8.txt) into a nasm
// include of 256 glyphs at build time: `font_compiler HEIGHT INPUT OUTPUT`.
//
// The notation is described in font_8x16.txt. Two things are made here by rule instead of being
// drawn: box drawing, blocks and shades (B0-DF), so that they join across cells at every size; and
// the 8x14 size, which is the 8x16 drawing without two rows per glyph (see rows_to_cut).
//
// Sources: the repertoire is [CP437], the Unicode consortium's VENDORS/MICSFT/PC/CP437.TXT; the VGA
// repeats column 7 as the ninth dot for C0h-DFh only. Not implemented: glyphs wider than 8 dots.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr int kMasterHeight = 16;
constexpr int kFirstRuleGlyph = 0xB0;
constexpr int kLastRuleGlyph = 0xDF;

using Rows = std::vector<std::uint8_t>;  // bit 7 is the leftmost dot

struct Glyph {
  std::string name;
  Rows rows;
  std::optional<std::pair<int, int>> cut;  // rows the 8x14 size leaves out
};

[[noreturn]] void fail(const std::string& where, const std::string& text) {
  throw std::runtime_error(where + ": " + text);
}

std::string hex_byte(unsigned value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {kDigits[(value >> 4) & 15], kDigits[value & 15]};
}

// ---- The drawings -------------------------------------------------------------------------------

class Drawings {
 public:
  Drawings(const std::string& path, int height) : path_(path), height_(height) { parse(); }

  const std::map<int, Glyph>& glyphs() const { return glyphs_; }

 private:
  void parse() {
    std::ifstream in(path_);
    if (!in) fail(path_, "cannot be read");
    for (std::string line; std::getline(in, line);) {
      ++line_number_;
      if (line.empty() || line.starts_with("# ")) {
        target_ = nullptr;
      } else if (line[0] == '.' || (line[0] == '#' && line.size() > 1)) {
        add_rows(line);
      } else if (line != "#") {
        header(line);
      }
    }
  }

  std::string here() const { return path_ + ":" + std::to_string(line_number_); }

  void header(const std::string& line) {
    std::istringstream words(line);
    std::string key, name, third;
    words >> key >> name >> third;
    if (key == "piece") {
      Glyph& piece = pieces_[name];
      begin(piece, name, third);
      return;
    }
    const int code = std::stoi(key, nullptr, 16);
    if (glyphs_.contains(code)) fail(here(), "glyph " + key + " is drawn twice");
    if (code >= kFirstRuleGlyph && code <= kLastRuleGlyph)
      fail(here(), "glyph " + key + " is made by rule");
    Glyph& glyph = glyphs_[code];
    if (third == "=")
      compose(glyph, name, words);
    else
      begin(glyph, name, third);
    if (std::string word; words >> word) {
      if (word != "cut") fail(here(), "unknown word " + word);
      char comma = 0;
      int first = 0, second = 0;
      if (!(words >> first >> comma >> second)) fail(here(), "cut wants two rows");
      glyph.cut = {first, second};
    }
  }

  void begin(Glyph& glyph, const std::string& name, const std::string& row) {
    if (!row.starts_with('@')) fail(here(), "the first row (@N) is missing");
    glyph.name = name;
    glyph.rows.assign(static_cast<std::size_t>(height_), 0);
    target_ = &glyph;
    next_row_ = std::stoi(row.substr(1));
  }

  void add_rows(const std::string& line) {
    if (target_ == nullptr) fail(here(), "rows without a glyph");
    if (line.size() != 8 && (line.size() < 10 || line[8] != '*'))
      fail(here(), "a row has eight dots");
    unsigned bits = 0;
    for (int i = 0; i < 8; ++i)
      bits = bits << 1 | (line[static_cast<std::size_t>(i)] == '#' ? 1U : 0U);
    const int times = line.size() > 8 ? std::stoi(line.substr(9)) : 1;
    for (int i = 0; i < times; ++i, ++next_row_) {
      if (next_row_ >= height_) fail(here(), "the glyph is too high");
      target_->rows[static_cast<std::size_t>(next_row_)] = static_cast<std::uint8_t>(bits);
    }
  }

  // "BASE [drop R] + PIECE"
  void compose(Glyph& glyph, const std::string& name, std::istringstream& words) {
    std::string base, word, piece;
    words >> base >> word;
    const auto named = pieces_.find(base);
    if (named != pieces_.end()) {
      glyph.rows = named->second.rows;
    } else {
      const auto coded = glyphs_.find(std::stoi(base, nullptr, 16));
      if (coded == glyphs_.end()) fail(here(), "no base " + base);
      glyph.rows = coded->second.rows;
    }
    if (word == "drop") {
      int row = 0;
      words >> row >> word;
      if (row < 0 || row >= height_) fail(here(), "no such row");
      glyph.rows.erase(glyph.rows.begin() + row);
      glyph.rows.insert(glyph.rows.begin(), 0);
    }
    words >> piece;
    if (word != "+" || !pieces_.contains(piece)) fail(here(), "no piece " + piece);
    const Rows& accent = pieces_[piece].rows;
    for (std::size_t i = 0; i < accent.size(); ++i) glyph.rows[i] |= accent[i];
    glyph.name = name;
  }

  std::string path_;
  int height_;
  int line_number_ = 0;
  int next_row_ = 0;
  Glyph* target_ = nullptr;
  std::map<int, Glyph> glyphs_;
  std::map<std::string, Glyph> pieces_;
};

// ---- 8x14 from 8x16 -----------------------------------------------------------------------------

// Small glyphs just lose the empty row on top. Tall ones (capitals, ascenders) lose one of two
// equal rows, so that the capitals stay a little taller than the small letters: the lower half of a
// capital, the upper half of a small letter. All lose the last row.
std::pair<int, int> rows_to_cut(int code, const Glyph& glyph) {
  if (glyph.cut) return *glyph.cut;
  const Rows& rows = glyph.rows;
  if (rows[15] != 0 && rows[15] != rows[14])
    fail("glyph " + hex_byte(static_cast<unsigned>(code)), "wants a cut for 8x14");
  const auto first = std::find_if(rows.begin(), rows.end(), [](auto row) { return row != 0; });
  const int top = static_cast<int>(first - rows.begin());
  if (top == 1 || top >= 4) return {0, 15};
  const bool small_letter = code >= 'a' && code <= 'z';
  const int wanted = small_letter ? 3 : 9;
  std::optional<int> best;
  for (int row = top + 1; row < 14; ++row) {
    const auto at = static_cast<std::size_t>(row);
    if (rows[at] != rows[at - 1] || rows[at] == 0) continue;
    if (!best || std::abs(row - wanted) < std::abs(*best - wanted)) best = row;
  }
  if (!best && top == 0)
    fail("glyph " + hex_byte(static_cast<unsigned>(code)), "wants a cut for 8x14");
  return {best.value_or(0), 15};
}

Rows shortened(int code, const Glyph& glyph) {
  const auto [first, second] = rows_to_cut(code, glyph);
  Rows rows;
  for (int row = 0; row < kMasterHeight; ++row)
    if (row != first && row != second) rows.push_back(glyph.rows[static_cast<std::size_t>(row)]);
  return rows;
}

// ---- Box drawing, blocks and shades -------------------------------------------------------------

enum class Stroke : std::uint8_t { none, single, twin };

struct Arms {
  Stroke up, down, left, right;
};

// A glyph's arms from B3h to DAh, in the order up, down, left, right; 0 none, 1 single, 2 double.
constexpr std::array<std::string_view, 0xDA - 0xB3 + 1> kArms = {
    "1100", "1110", "1120", "2210", "0210", "0120", "2220", "2200", "0220", "2020",  // B3-BC
    "2010", "1020", "0110",                                                          // BD-BF
    "1001", "1011", "0111", "1101", "0011", "1111", "1102", "2201", "2002", "0202",  // C0-C9
    "2022", "0222", "2202", "0022", "2222", "1022",                                  // CA-CF
    "2011", "0122", "0211", "2001", "1002", "0102", "0201", "2211", "1122", "1010",  // D0-D9
    "0101"};                                                                         // DA

Arms arms_of(int code) {
  const std::string_view text = kArms[static_cast<std::size_t>(code - 0xB3)];
  const auto stroke = [&](std::size_t i) { return static_cast<Stroke>(text[i] - '0'); };
  return {stroke(0), stroke(1), stroke(2), stroke(3)};
}

// Where the strokes of one direction lie: a single one, and the two of a double. `first..last` are
// the dots (columns or rows) a stroke covers.
struct Band {
  int first, last;
};
struct Tracks {
  Band single, low, high;  // low: left or upper stroke of a double, high: right or lower
};

class BoxPainter {
 public:
  explicit BoxPainter(int height)
      : rows_(static_cast<std::size_t>(height), 0),
        bottom_(height - 1),
        across_{middle(height, 0), middle(height, -1), middle(height, 1)} {}

  Rows paint(const Arms& arms) {
    paint_vertical(arms);
    paint_horizontal(arms);
    return rows_;
  }

 private:
  static Band middle(int height, int offset) {
    const int row = height / 2 - 1 + offset;
    return {row, row};
  }

  void fill(Band columns, Band rows) {
    for (int y = rows.first; y <= rows.last; ++y)
      for (int x = columns.first; x <= columns.last; ++x)
        rows_[static_cast<std::size_t>(y)] |= static_cast<std::uint8_t>(0x80 >> x);
  }

  void paint_vertical(const Arms& arms) {
    const Stroke stroke = std::max(arms.up, arms.down);
    const bool up = arms.up != Stroke::none, down = arms.down != Stroke::none;
    if (stroke == Stroke::single) {
      fill(kDown.single,
           vertical_run(arms, up, down, arms.left != Stroke::none, arms.right != Stroke::none));
    } else if (stroke == Stroke::twin) {
      // Each stroke of the pair sees only the arm on its own side.
      fill_side(kDown.low, arms, arms.left);
      fill_side(kDown.high, arms, arms.right);
    }
  }

  // How far a single vertical stroke reaches into the crossing strokes.
  Band vertical_run(const Arms& arms, bool up, bool down, bool left, bool right) const {
    const Stroke crossing = std::max(arms.left, arms.right);
    if (crossing != Stroke::twin) {
      return {up ? 0 : across_.single.first, down ? bottom_ : across_.single.last};
    }
    const bool tee = left && right;  // stops at the nearer stroke; a corner runs on to the farther
    const int from = up ? 0 : (tee ? across_.high.first : across_.low.first);
    const int to = down ? bottom_ : (tee ? across_.low.last : across_.high.last);
    return {from, to};
  }

  // One stroke of a double vertical: broken between double crossing strokes on its side.
  void fill_side(Band columns, const Arms& arms, Stroke side) {
    const bool up = arms.up != Stroke::none, down = arms.down != Stroke::none;
    const bool crossed = std::max(arms.left, arms.right) == Stroke::twin;
    const Band& upper = crossed ? across_.low : across_.single;
    const Band& lower = crossed ? across_.high : across_.single;
    if (side != Stroke::none) {
      if (up) fill(columns, {0, upper.last});
      if (down) fill(columns, {lower.first, bottom_});
    } else {
      fill(columns, {up ? 0 : upper.first, down ? bottom_ : lower.last});
    }
  }

  void paint_horizontal(const Arms& arms) {
    const Stroke stroke = std::max(arms.left, arms.right);
    const bool left = arms.left != Stroke::none, right = arms.right != Stroke::none;
    const bool twin_crossing = std::max(arms.up, arms.down) == Stroke::twin;
    if (stroke == Stroke::single) {
      const bool tee = arms.up != Stroke::none && arms.down != Stroke::none;
      int from = left ? 0 : kDown.single.first, to = right ? 7 : kDown.single.last;
      if (twin_crossing) {
        if (!left) from = tee ? kDown.high.first : kDown.low.first;
        if (!right) to = tee ? kDown.low.last : kDown.high.last;
      }
      fill({from, to}, across_.single);
    } else if (stroke == Stroke::twin) {
      fill_row(across_.low, arms, arms.up);
      fill_row(across_.high, arms, arms.down);
    }
  }

  void fill_row(Band rows, const Arms& arms, Stroke side) {
    const bool left = arms.left != Stroke::none, right = arms.right != Stroke::none;
    const bool crossed = std::max(arms.up, arms.down) == Stroke::twin;
    const Band& near = crossed ? kDown.low : kDown.single;
    const Band& far = crossed ? kDown.high : kDown.single;
    if (side != Stroke::none) {
      if (left) fill({0, near.last}, rows);
      if (right) fill({far.first, 7}, rows);
    } else {
      fill({left ? 0 : near.first, right ? 7 : far.last}, rows);
    }
  }

  static constexpr Tracks kDown = {{3, 4}, {1, 2}, {5, 6}};  // columns of the vertical strokes

  Rows rows_;
  int bottom_;
  Tracks across_;  // rows of the horizontal strokes
};

Rows rule_glyph(int code, int height) {
  const auto rows = static_cast<std::size_t>(height);
  if (code >= 0xB3 && code <= 0xDA) return BoxPainter(height).paint(arms_of(code));
  Rows out(rows, 0);
  for (std::size_t y = 0; y < rows; ++y) {
    const bool odd = y % 2 != 0, lower = y >= rows / 2;
    switch (code) {
      case 0xB0:
        out[y] = odd ? 0x22 : 0x88;
        break;
      case 0xB1:
        out[y] = odd ? 0x55 : 0xAA;
        break;
      case 0xB2:
        out[y] = odd ? 0xDD : 0x77;
        break;
      case 0xDB:
        out[y] = 0xFF;
        break;
      case 0xDC:
        out[y] = lower ? 0xFF : 0;
        break;
      case 0xDD:
        out[y] = 0xF0;
        break;
      case 0xDE:
        out[y] = 0x0F;
        break;
      case 0xDF:
        out[y] = lower ? 0 : 0xFF;
        break;
      default:
        fail("glyph " + hex_byte(static_cast<unsigned>(code)), "has no rule");
    }
  }
  return out;
}

// ---- Output -------------------------------------------------------------------------------------

void write_glyph(std::ostream& out, int code, const std::string& name, const Rows& rows) {
  std::string line = "  db ";
  for (std::size_t i = 0; i < rows.size(); ++i) line += (i == 0 ? "0x" : ",0x") + hex_byte(rows[i]);
  out << line << "  ; " << hex_byte(static_cast<unsigned>(code)) << ' ' << name << '\n';
}

void compile(int height, const std::string& input, const std::string& output) {
  if (height != 8 && height != 14 && height != 16) fail("font_compiler", "height is 8, 14 or 16");
  const bool shorten = height == 14;
  const Drawings drawings(input, shorten ? kMasterHeight : height);
  std::ofstream out(output);
  const std::string label = "font_8x" + std::to_string(height);
  out << "; " << label << ": 256 glyphs of " << height
      << " rows, code page 437; made from the drawings in bios/fonts by font_compiler.\n"
      << label << ":\n";
  for (int code = 0; code < 256; ++code) {
    if (code >= kFirstRuleGlyph && code <= kLastRuleGlyph) {
      write_glyph(out, code, "by rule", rule_glyph(code, height));
      continue;
    }
    const auto found = drawings.glyphs().find(code);
    if (found == drawings.glyphs().end())
      fail(input, "glyph " + hex_byte(static_cast<unsigned>(code)) + " is missing");
    const Glyph& glyph = found->second;
    write_glyph(out, code, glyph.name, shorten ? shortened(code, glyph) : glyph.rows);
  }
  if (!out.flush()) fail(output, "cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 4) fail("usage", "font_compiler HEIGHT INPUT OUTPUT");
    compile(std::stoi(argv[1]), argv[2], argv[3]);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cerr << "font_compiler: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
