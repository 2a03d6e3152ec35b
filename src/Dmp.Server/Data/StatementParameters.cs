using System.Collections.Concurrent;
using System.Data;
using Dapper;

namespace Dmp.Server.Data;

/// <summary>
/// Several objects whose properties are the parameters of one statement; those that it does not name are left out. As Dapper's
/// <see cref="DynamicParameters"/>, which asks the driver for the type of each parameter besides: a tenth of a search
/// (docs/performance.md).
/// </summary>
internal sealed class StatementParameters(params IReadOnlyList<object> parts) : SqlMapper.IDynamicParameters
{
    private static readonly ConcurrentDictionary<SqlMapper.Identity, Action<IDbCommand, object>> binders = new();

    public void AddParameters(IDbCommand command, SqlMapper.Identity identity)
    {
        foreach (var part in parts)
        {
            if (part is StatementParameters several)
            {
                several.AddParameters(command, identity);
                continue;
            }

            binders.GetOrAdd(
                identity.ForDynamicParameters(part.GetType()),
                static one => SqlMapper.CreateParamInfoGenerator(one, checkForDuplicates: true, removeUnused: true))(command, part);
        }
    }
}
