/*
 * The page's style sheets and script are files of their own (html/), checked and edited as what they are, and part of the program: a report
 * needs nothing beside it. The assembler puts them in; the Makefile knows that this object depends on them.
 */
#include "reports/html/page.h"

#define EMBED(name, file)                                                                                              \
	__asm__(".section .rodata\n"                                                                                   \
		".global " #name "\n"                                                                                  \
		".type " #name ", %object\n" #name ":\n"                                                               \
		".incbin \"" file "\"\n"                                                                               \
		".byte 0\n"                                                                                            \
		".size " #name ", . - " #name "\n"                                                                     \
		".text\n")

EMBED(html_style_css, "reports/html/style.css");
EMBED(html_case_css, "reports/html/case.css");
EMBED(html_report_js, "reports/html/report.js");
