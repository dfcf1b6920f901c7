/*
 * assets.c
 *	  The files that segment.report draws with, from the server's share folder.
 *
 * They are read when a report is made, so that a report is one text that asks
 * nobody for anything.  Only the files listed here can be read: a name is
 * looked up, never made into a path.  Time and memory are those of the file,
 * some 0.5 MB for the largest.
 */
#include "compat.h"

#include <sys/stat.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"

/* where PGXS puts DATA, below the share folder */
#define FOLDER "extension"

static const char *const files[] = {
	"segment-report.css",
	"segment-report.js",
	"segment-vega.min.js",
	"segment-vega-lite.min.js",
	"segment-vega-embed.min.js",
	"segment-report-licences.txt",
};

static const char *
known_file(const char *name)
{
	StringInfoData known;

	initStringInfo(&known);
	for (int i = 0; i < (int) lengthof(files); i++)
	{
		if (strcmp(files[i], name) == 0)
			return files[i];
		appendStringInfo(&known, "%s%s", i > 0 ? ", " : "", files[i]);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a file of segment.report", name),
			 errhint("Its files are %s.", known.data)));
}

/* segment.asset(name text) -> text */
PG_FUNCTION_INFO_V1(segment_asset);
Datum
segment_asset(PG_FUNCTION_ARGS)
{
	const char *name = known_file(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	char		share[MAXPGPATH];
	char	   *path;
	FILE	   *file;
	struct stat status;
	char	   *content;
	size_t		length;

	get_share_path(my_exec_path, share);
	path = psprintf("%s/" FOLDER "/%s", share, name);
	file = AllocateFile(path, PG_BINARY_R);
	if (file == NULL && errno == ENOENT)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FILE),
				 errmsg("%s is not installed", name),
				 errdetail("A report is drawn by vega, vega-lite and vega-embed, which are not part of the sources."),
				 errhint("In the sources of segment, run: make assets && make install")));
	if (file == NULL || fstat(fileno(file), &status) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\": %m", path)));

	content = palloc(status.st_size + 1);
	length = fread(content, 1, status.st_size, file);
	if (ferror(file))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", path)));
	FreeFile(file);
	content[length] = '\0';
	PG_RETURN_TEXT_P(cstring_to_text(pg_any_to_server(content, (int) length, PG_UTF8)));
}
