namespace Dmp.Server.Data;

/// <summary>
/// Statements with the one in front of them that says for whom they are, as one text that is made once. Its first result is that of
/// <see cref="RowScope.Set"/>. Parameters: <see cref="RowScope.Parameters"/>.
/// </summary>
internal sealed class ScopedSql(WorkRole role, string sql)
{
    private readonly string plain = $"{role.Set}; {sql}";
    private readonly string atLeast = $"{role.SetAtLeast}; {sql}";

    /// <summary>The text for a scope of the same kind of work.</summary>
    public string For(RowScope scope) =>
        scope.Role == role
            ? scope.HasSeenPosition ? atLeast : plain
            : throw new InvalidOperationException($"A statement of {role.Name} for {scope.Role.Name}.");
}
