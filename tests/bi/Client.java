import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Compares what JDBC says of views and queries with what psql said (see psql_says): prints TAP. Arguments: URL, folder. */
class Client {
	/** What a column of each type is over JDBC. Of OTHER, tools make what they will; they know jsonb by its name. */
	static final Map<String, Integer> TYPES = Map.of("bool", Types.BIT, "int4", Types.INTEGER, "int8", Types.BIGINT, "float8", Types.DOUBLE,
		"text", Types.VARCHAR, "timestamptz", Types.TIMESTAMP, "_text", Types.ARRAY, "_int4", Types.ARRAY, "jsonb", Types.OTHER);
	static int tests = 0;

	static void is(List<String> got, List<String> wanted, String name) {
		tests++;
		System.out.println((got.equals(wanted) ? "ok " : "not ok ") + tests + " - " + name);
		for (int i = 0; i < Math.max(got.size(), wanted.size()); i++) {
			String line = i < got.size() ? got.get(i) : "no line", right = i < wanted.size() ? wanted.get(i) : "no line";
			if (!line.equals(right))
				System.out.println("# got:    " + line + "\n# wanted: " + right);
		}
	}

	/** The columns of a view, as JDBC's metadata have them. */
	static List<String> columns(Connection connection, String schema, String view) throws SQLException {
		List<String> lines = new ArrayList<>();
		try (ResultSet r = connection.getMetaData().getColumns(null, schema, view, "%")) {
			while (r.next())
				lines.add(String.join("\t", r.getString("COLUMN_NAME"), r.getString("TYPE_NAME"), "" + r.getInt("DATA_TYPE"),
					r.getInt("COLUMN_SIZE") > 0 ? "sized" : "size 0", "" + r.getString("REMARKS")));
		}
		return lines;
	}

	/** A value, by the Java object that a tool gets, as psql writes it: the same number is the same text. */
	static String text(Object value) {
		if (value == null)
			return "\\N";
		if (value instanceof Boolean b)
			return b ? "t" : "f";
		if (value instanceof Timestamp t)
			return t.toInstant().toString();
		return value.toString();
	}

	/** psql's text for a value of that type, turned into what text() makes of it. */
	static String normal(String field, int type) {
		if (field.equals("\\N"))
			return field;
		if (type == Types.DOUBLE)
			return Double.toString(Double.parseDouble(field));
		if (type == Types.TIMESTAMP)
			return OffsetDateTime.parse(field.replace(' ', 'T').replaceFirst("([+-]\\d\\d)$", "$1:00")).toInstant().toString();
		return field;
	}

	static void values(Connection connection, Path file) throws Exception {
		String query = Files.readString(file).strip();
		List<String> got = new ArrayList<>(), wanted = new ArrayList<>();
		List<Integer> types = new ArrayList<>();
		try (Statement s = connection.createStatement(); ResultSet r = s.executeQuery(query)) {
			for (int i = 1; i <= r.getMetaData().getColumnCount(); i++)
				types.add(r.getMetaData().getColumnType(i));
			while (r.next()) {
				List<String> fields = new ArrayList<>();
				for (int i = 1; i <= types.size(); i++)
					fields.add(text(r.getObject(i)));
				got.add(String.join("\t", fields));
			}
		}
		for (String line : Files.readAllLines(Path.of(file.toString().replaceFirst("sql$", "tsv")))) {
			String[] fields = line.split("\t", -1);
			for (int i = 0; i < fields.length; i++)
				fields[i] = normal(fields[i], types.get(i));
			wanted.add(String.join("\t", fields));
		}
		is(got, wanted, "values of " + query);
	}

	public static void main(String[] arguments) throws Exception {
		Path folder = Path.of(arguments[1]);
		Map<List<String>, List<String>> views = new LinkedHashMap<>();
		for (String line : Files.readAllLines(folder.resolve("columns"))) {
			String[] f = line.split("\t", -1);
			views.computeIfAbsent(List.of(f[0], f[1]), view -> new ArrayList<>())
				.add(String.join("\t", f[2], f[3], "" + TYPES.get(f[3]), "sized", f[4]));
		}
		try (Connection connection = DriverManager.getConnection(arguments[0])) {
			for (List<String> view : views.keySet())
				is(columns(connection, view.get(0), view.get(1)), views.get(view), "columns of " + String.join(".", view));
			try (Stream<Path> files = Files.list(folder)) {
				for (Path file : files.filter(f -> f.toString().endsWith(".sql")).sorted().toList())
					values(connection, file);
			}
		}
		System.out.println("1.." + tests);
	}
}
