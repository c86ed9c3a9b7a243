#include "ui/theme.h"

#include <cmath>
#include <filesystem>

namespace ui {

namespace {

constexpr Tokens kDark{.desk = rgb(0x0E1114),
                       .well = rgb(0x12151A),
                       .panel = rgb(0x191D23),
                       .raised = rgb(0x20242C),
                       .title = rgb(0x262C36),
                       .title_focused = rgb(0x2C3B4D),
                       .button = rgb(0x2B323D),
                       .button_hover = rgb(0x38424F),
                       .button_on = rgb(0x194B6D),
                       .row = rgb(0x1D3A52),
                       .line = rgb(0x323945),
                       .line_strong = rgb(0x4B5563),
                       .text = rgb(0xE6E9EE),
                       .text2 = rgb(0xB7BFCA),
                       .text3 = rgb(0x8F99A7),
                       .zero_byte = rgb(0x838D9A),
                       .disabled = rgb(0x6A7482),
                       .accent = rgb(0x56B4E9),
                       .changed = rgb(0xFFC24D),
                       .warning = rgb(0xE69F00),
                       .good = rgb(0x3CC8A0),
                       .bad = rgb(0xFF8A5C),
                       .label = rgb(0xE3A6CC),
                       .read = rgb(0x8CE8FF),
                       .write = rgb(0xFF6A55),
                       .unallocated = rgb(0x20242C),
                       .zero = rgb(0x3A4350),
                       .freed = rgb(0x808B99),
                       .quiet = rgb(0x2B313B),
                       .ink = rgb(0xFFFFFF)};

constexpr Tokens kLight{.desk = rgb(0xCDD3DA),
                        .well = rgb(0xF3F5F8),
                        .panel = rgb(0xFFFFFF),
                        .raised = rgb(0xE9EDF2),
                        .title = rgb(0xDDE3EA),
                        .title_focused = rgb(0xC9DCEC),
                        .button = rgb(0xE2E7ED),
                        .button_hover = rgb(0xD2D9E1),
                        .button_on = rgb(0xA9D2EE),
                        .row = rgb(0xCDE5F6),
                        .line = rgb(0xC3CAD3),
                        .line_strong = rgb(0x8D97A4),
                        .text = rgb(0x171C22),
                        .text2 = rgb(0x3E4853),
                        .text3 = rgb(0x55606D),
                        .zero_byte = rgb(0x66707C),
                        .disabled = rgb(0x8C96A2),
                        .accent = rgb(0x005F96),
                        .changed = rgb(0x8A4B00),
                        .warning = rgb(0x7D5200),
                        .good = rgb(0x006B4D),
                        .bad = rgb(0xA83C00),
                        .label = rgb(0x8A3E6C),
                        .read = rgb(0x00657F),
                        .write = rgb(0xBE1A06),
                        .unallocated = rgb(0xE1E6EC),
                        .zero = rgb(0xC6CED8),
                        .freed = rgb(0x707B89),
                        .quiet = rgb(0xC9D1DA),
                        .ink = rgb(0x171C22)};

constexpr const char* kTextFont = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
constexpr const char* kMonoFont = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf";

// Latin, dashes and bullets, arrows, shapes.
constexpr std::array<ImWchar, 11> kGlyphs = {0x20,   0xFF,   0x2010, 0x203A, 0x2190, 0x21FF,
                                             0x2260, 0x2265, 0x25A0, 0x25FF, 0};

ImFont* load(const char* file, float size, bool mono) {
  ImFontConfig config;
  // Glyphs on whole pixels: sharp, and a plain copy for a software renderer.
  config.OversampleH = config.OversampleV = 1;
  config.PixelSnapH = true;
  if (mono) {
    // Columns of hex stand exactly under each other.
    config.GlyphMinAdvanceX = config.GlyphMaxAdvanceX = std::round(size * 8.0F / 15.0F);
  }
  return ImGui::GetIO().Fonts->AddFontFromFileTTF(file, size, &config, kGlyphs.data());
}

ImFont* own_font(float scale) {
  ImFontConfig config;
  config.SizePixels = std::round(13.0F * scale);
  return ImGui::GetIO().Fonts->AddFontDefault(&config);
}

ImVec4 vec(Colour colour) {
  return ImGui::ColorConvertU32ToFloat4(colour);
}

}  // namespace

Colour mix(Colour from, Colour to, float share) {
  Colour out = 0;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const auto a = static_cast<float>(from >> shift & 255);
    const auto b = static_cast<float>(to >> shift & 255);
    out |= static_cast<Colour>(std::lround(a + (b - a) * share)) << shift;
  }
  return out;
}

const Tokens& tokens(Look look) {
  return look == Look::dark ? kDark : kLight;
}

Theme::Theme(Look look, float scale, bool host_fonts) : look_(look), scale_(scale) {
  std::error_code ignored;
  const bool installed = host_fonts && std::filesystem::exists(kTextFont, ignored) &&
                         std::filesystem::exists(kMonoFont, ignored);
  if (installed) {
    fonts_.text = load(kTextFont, px(15), false);
    fonts_.mono = load(kMonoFont, px(15), true);
    fonts_.small = load(kTextFont, px(13), false);
    fonts_.heading = load(kTextFont, px(26), false);
    fonts_.caption = load(kTextFont, px(20), false);
    fonts_.symbols = true;
  } else {
    fonts_.text = fonts_.mono = fonts_.small = own_font(scale);
    fonts_.heading = fonts_.caption = own_font(scale * 2);
  }
  apply();
}

void Theme::set_look(Look look) {
  look_ = look;
  apply();
}

float Theme::px(float design) const {
  return std::round(design * scale_);
}

void Theme::apply() const {
  const Tokens& t = tokens(look_);
  ImGuiStyle& style = ImGui::GetStyle();
  style = ImGuiStyle();
  style.WindowPadding = {px(8), px(8)};
  style.FramePadding = {px(8), px(4)};
  style.ItemSpacing = {px(8), px(4)};
  style.ItemInnerSpacing = {px(4), px(4)};
  style.CellPadding = {px(4), px(2)};
  style.IndentSpacing = px(16);
  style.ScrollbarSize = px(12);
  style.GrabMinSize = px(8);
  // Windows have square corners: their large areas are plain fills for a software renderer then.
  style.WindowRounding = 0;
  style.PopupRounding = style.FrameRounding = px(4);
  style.GrabRounding = style.ScrollbarRounding = px(3);
  style.TabRounding = px(4);
  style.WindowBorderSize = style.PopupBorderSize = 1;
  style.FrameBorderSize = 0;
  style.WindowMinSize = {px(80), px(24)};
  style.WindowTitleAlign = {0, 0.5F};
  // Lines on whole pixels as well.
  style.AntiAliasedLines = style.AntiAliasedLinesUseTex = false;

  const auto set = [&](ImGuiCol which, Colour colour) { style.Colors[which] = vec(colour); };
  set(ImGuiCol_Text, t.text);
  set(ImGuiCol_TextDisabled, t.disabled);
  set(ImGuiCol_WindowBg, t.panel);
  set(ImGuiCol_ChildBg, with_alpha(t.panel, 0));
  set(ImGuiCol_PopupBg, t.raised);
  set(ImGuiCol_Border, t.line);
  set(ImGuiCol_BorderShadow, 0);
  set(ImGuiCol_FrameBg, t.well);
  set(ImGuiCol_FrameBgHovered, t.button);
  set(ImGuiCol_FrameBgActive, t.button_hover);
  set(ImGuiCol_TitleBg, t.title);
  set(ImGuiCol_TitleBgActive, t.title_focused);
  set(ImGuiCol_TitleBgCollapsed, t.title);
  set(ImGuiCol_MenuBarBg, t.raised);
  set(ImGuiCol_ScrollbarBg, t.well);
  set(ImGuiCol_ScrollbarGrab, t.line_strong);
  set(ImGuiCol_ScrollbarGrabHovered, t.text3);
  set(ImGuiCol_ScrollbarGrabActive, t.text3);
  set(ImGuiCol_CheckMark, t.accent);
  set(ImGuiCol_SliderGrab, t.accent);
  set(ImGuiCol_SliderGrabActive, t.accent);
  set(ImGuiCol_Button, t.button);
  set(ImGuiCol_ButtonHovered, t.button_hover);
  set(ImGuiCol_ButtonActive, t.button_on);
  set(ImGuiCol_Header, t.row);
  set(ImGuiCol_HeaderHovered, t.button_on);
  set(ImGuiCol_HeaderActive, t.button_on);
  set(ImGuiCol_Separator, t.line);
  set(ImGuiCol_SeparatorHovered, t.accent);
  set(ImGuiCol_SeparatorActive, t.accent);
  set(ImGuiCol_ResizeGrip, 0);
  set(ImGuiCol_ResizeGripHovered, t.accent);
  set(ImGuiCol_ResizeGripActive, t.accent);
  set(ImGuiCol_Tab, t.button);
  set(ImGuiCol_TabHovered, t.button_hover);
  set(ImGuiCol_TabActive, t.button_on);
  set(ImGuiCol_TableHeaderBg, t.raised);
  set(ImGuiCol_TableBorderStrong, t.line);
  set(ImGuiCol_TableBorderLight, t.line);
  set(ImGuiCol_TableRowBg, 0);
  set(ImGuiCol_TableRowBgAlt, 0);
  set(ImGuiCol_TextSelectedBg, t.button_on);
  set(ImGuiCol_NavHighlight, t.accent);
  set(ImGuiCol_ModalWindowDimBg, with_alpha(t.desk, 150));
}

}  // namespace ui
