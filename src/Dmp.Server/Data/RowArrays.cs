using Npgsql;

namespace Dmp.Server.Data;

/// <summary>A statement that adds several rows from arrays, to be sent together with others in one round trip (ADR 0019).</summary>
internal static class RowArrays
{
    extension(NpgsqlBatchCommand command)
    {
        public NpgsqlBatchCommand With(string name, object value)
        {
            command.Parameters.Add(new NpgsqlParameter(name, value));
            return command;
        }

        /// <summary>One column: an array with a value for each row.</summary>
        public NpgsqlBatchCommand With<TRow, TValue>(string name, IReadOnlyList<TRow> rows, Func<TRow, TValue> value)
        {
            var values = new TValue[rows.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = value(rows[i]);
            }

            return command.With(name, values);
        }

        /// <summary>One column of lists: three parameters, see <see cref="Slices{T}"/>.</summary>
        public NpgsqlBatchCommand WithLists<TRow, TValue>(
            string name, IReadOnlyList<TRow> rows, Func<TRow, IReadOnlyCollection<TValue>> list)
        {
            var slices = new Slices<TValue>(rows.Select(list));
            return command.With(name, slices.All).With(name + "From", slices.From).With(name + "To", slices.To);
        }
    }
}
